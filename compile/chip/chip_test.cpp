#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "compile/compile.hpp"
#include "compile/golden.hpp"
#include "model/tflite.hpp"
#include "toolchain.hpp"

// The engine on the emulated Cortex-M4F: both forms of the reference models give the reference
// kernels' bits there.

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

struct Case {
    const char* model;
    size_t inputs;  ///< of the golden ones; the emulator is slow
};

class OnChip : public testing::TestWithParam<Case> {
  protected:
    void SetUp() override {
        GANGLION_NEEDS_SHARED(GetParam().model);
        folder_ = fs::path(testing::TempDir()) /
                  ("ganglion_chip_" + fs::path(GetParam().model).stem().string() +
                   testing::UnitTest::GetInstance()->current_test_info()->name()[0]);
        fs::create_directories(folder_);
        golden_ = read_golden(GetParam().model);
        graph_ = model::read_tflite_file(tests::shared_dir() / GetParam().model);
        const size_t bytes = golden_.inputs.size() / golden_.count * GetParam().inputs;
        write(inputs(), golden_.inputs.data(), bytes);
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
        const fs::path outputs = folder_ / "outputs.bin";
        run(std::string(chip::kQemu) +
            " -M mps2-an386 -nographic -monitor none -serial none -kernel " + image.string() +
            " -semihosting-config enable=on,target=native,arg=runner,arg=" + inputs().string() +
            ",arg=" + outputs.string() + (program.empty() ? "" : ",arg=" + program) +
            " </dev/null");
        const std::vector<int8_t> results = read_values(outputs);
        const size_t bytes = golden_.outputs.size() / golden_.count * GetParam().inputs;
        ASSERT_EQ(results.size(), bytes);
        EXPECT_TRUE(std::equal(results.begin(), results.end(), golden_.outputs.begin()));
    }

    fs::path folder_;
    Golden golden_;
    model::Graph graph_;
};

TEST_P(OnChip, LoadedProgramEqualsTheReference) {
    const CompiledModel compiled = compile(graph_, target_by_name("cortex-m4"));
    const fs::path program = folder_ / "program.bin";
    write(program, compiled.program.data(), compiled.program.size());
    expect_golden(chip::kLoadedRunner, program.string());
}

TEST_P(OnChip, EmittedCodeEqualsTheReference) {
    emit_cpp(graph_, target_by_name("cortex-m4"), folder_);
    const fs::path image = folder_ / "linked.elf";
    run(std::string(chip::kCompile) + " -I" + folder_.string() + " " +
        (folder_ / "network.cpp").string() + " " + chip::kLinkedSources + " " + chip::kRunner +
        " " + chip::kObjects + " " + chip::kLink + " -o " + image.string());
    expect_golden(image, "");
}

INSTANTIATE_TEST_SUITE_P(
    Golden, OnChip,
    testing::Values(Case{"models/mlperf_tiny/kws_dscnn_int8.tflite", 20},
                    Case{"models/mlperf_tiny/ic_resnet8_int8.tflite", 4},
                    Case{"models/mlperf_tiny/ad_autoencoder_int8.tflite", 32},
                    Case{"models/mlperf_tiny/sww_dscnn1d_int8.tflite", 8},
                    Case{"models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite", 2},
                    Case{"models/tflm/micro_speech_int8.tflite", 8}),
    [](const auto& parameter) { return fs::path(parameter.param.model).stem().string(); });

}  // namespace
}  // namespace ganglion::compile
