#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "compile/chip/toolchain.hpp"
#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "model/tflite.hpp"

// The engine on each emulated processor: both forms of the reference models give the reference
// kernels' bits there. With GANGLION_ALL_GOLDEN set, of all golden inputs and both streams (some
// minutes), else of the first.

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

struct Case {
    const char* model;
    size_t inputs;           ///< of the golden ones; the emulator is slow
    size_t on_m4;            ///< as many on Cortex-M4
    bool is_stream = false;  ///< of the synthetic stream, from its begin
};

std::ostream& operator<<(std::ostream& stream, const Case& one) {
    return stream << one.model;
}

constexpr Case kCases[] = {
    {"models/mlperf_tiny/kws_dscnn_int8.tflite", 2, 20},
    {"models/mlperf_tiny/ic_resnet8_int8.tflite", 1, 4},
    {"models/mlperf_tiny/ad_autoencoder_int8.tflite", 4, 32},
    {"models/mlperf_tiny/sww_dscnn1d_int8.tflite", 2, 8},
    {"models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite", 1, 2},
    {"models/micro_wake_word/alexa_v2.tflite", 48, 64, true},
    {"models/micro_wake_word/hey_jarvis_v2.tflite", 48, 64, true},
    {"models/micro_wake_word/okay_nabu_v2.tflite", 48, 64, true},
    {"models/micro_wake_word/vad_v2.tflite", 48, 64, true},
    {"models/tflm/hello_world_int8.tflite", 32, 32},
    {"models/tflm/micro_speech_int8.tflite", 2, 8},
    {"models/tflm/person_detect_int8.tflite", 1, 2},
};

class OnChip : public testing::TestWithParam<std::tuple<chip::Toolchain, Case>> {
  protected:
    static const chip::Toolchain& toolchain() { return std::get<0>(GetParam()); }
    static const Case& model_case() { return std::get<1>(GetParam()); }
    static bool takes_all() { return std::getenv("GANGLION_ALL_GOLDEN") != nullptr; }
    size_t input_count() const {
        if (takes_all()) return golden_.count;
        return toolchain().target == "cortex-m4" ? model_case().on_m4 : model_case().inputs;
    }

    void SetUp() override {
        GANGLION_NEEDS_SHARED(model_case().model);
        std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        std::replace(name.begin(), name.end(), '/', '_');
        folder_ = fs::path(testing::TempDir()) / ("ganglion_chip_" + name);
        fs::create_directories(folder_);
        graph_ = model::read_tflite_file(tests::shared_dir() / model_case().model);
    }
    void TearDown() override { fs::remove_all(folder_); }

    static void write(const fs::path& path, const void* data, size_t bytes) {
        std::ofstream(path, std::ios::binary)
            .write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
    }

    static void run(const std::string& command) {
        if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
    }

    fs::path inputs() const { return folder_ / "inputs.bin"; }

    /// Runs an image over the inputs and compares its outputs with the reference's.
    void expect_golden(const fs::path& image, const std::string& program) {
        golden_ = read_golden(model_case().model);
        if (!model_case().is_stream || takes_all()) expect_equal(image, program);
        if (!model_case().is_stream) return;
        const auto& stream = golden_.entry["synthetic"];
        const fs::path shared = tests::shared_dir();
        golden_.inputs = read_values(shared / stream["inputs"].get<std::string>());
        golden_.outputs = read_values(shared / stream["outputs"].get<std::string>());
        golden_.count = stream["count"].get<size_t>();
        expect_equal(image, program);
    }

    void expect_equal(const fs::path& image, const std::string& program) {
        ASSERT_LE(input_count(), golden_.count);
        write(inputs(), golden_.inputs.data(),
              golden_.inputs.size() / golden_.count * input_count());
        const fs::path outputs = folder_ / "outputs.bin";
        run(
            fmt::format("{} {} -semihosting-config "
                        "enable=on,target=native,arg=runner,arg={},arg={}{} </dev/null",
                        toolchain().emulator, image.string(), inputs().string(), outputs.string(),
                        program.empty() ? "" : ",arg=" + program));
        const std::vector<int8_t> results = read_values(outputs);
        const size_t bytes = golden_.outputs.size() / golden_.count * input_count();
        ASSERT_EQ(results.size(), bytes);
        EXPECT_TRUE(std::equal(results.begin(), results.end(), golden_.outputs.begin()));
    }

    fs::path folder_;
    Golden golden_;
    model::Graph graph_;
};

TEST_P(OnChip, LoadedProgramEqualsTheReference) {
    const CompiledModel compiled = compile(graph_, target_by_name(toolchain().target));
    const fs::path program = folder_ / "program.bin";
    write(program, compiled.program.data(), compiled.program.size());
    expect_golden(toolchain().loaded_runner, program.string());
}

TEST_P(OnChip, EmittedCodeEqualsTheReference) {
    emit_cpp(graph_, target_by_name(toolchain().target), folder_);
    const fs::path image = folder_ / "linked.elf";
    run(fmt::format("{} -I{} {} {} {} {} {} {} -o {}", toolchain().compile, folder_.string(),
                    (folder_ / "network.cpp").string(), chip::kLinkedSource,
                    toolchain().runner_object, toolchain().objects, toolchain().program_objects,
                    toolchain().link, image.string()));
    expect_golden(image, "");
}

INSTANTIATE_TEST_SUITE_P(Golden, OnChip,
                         testing::Combine(testing::ValuesIn(chip::kToolchains),
                                          testing::ValuesIn(kCases)),
                         [](const auto& parameter) {
                             std::string name(std::get<0>(parameter.param).target);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name + "_" +
                                    fs::path(std::get<1>(parameter.param).model).stem().string();
                         });

}  // namespace
}  // namespace ganglion::compile
