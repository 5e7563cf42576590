#include "compile/package.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "compile/chip/toolchain.hpp"
#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "model/tflite.hpp"
#include "paths.hpp"

// The folder that `ganglion compile` writes compiles with no way to Ganglion's sources and gives
// the reference's bits.

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

class Package : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) /
                  (std::string("ganglion_package_") +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    static void command(const std::string& line) {
        if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
    }

    /// Writes the package and the first inputs; leaves the objects of its sources in objects_.
    void build(const std::string& model, const char* target, const std::string& compiler,
               size_t runs) {
        golden_ = read_golden(model);
        golden_.inputs.resize(golden_.inputs.size() / golden_.count * runs);
        golden_.outputs.resize(golden_.outputs.size() / golden_.count * runs);
        std::ofstream(folder_ / "in.bin", std::ios::binary)
            .write(reinterpret_cast<const char*>(golden_.inputs.data()),
                   static_cast<std::streamsize>(golden_.inputs.size()));
        const model::Graph graph = model::read_tflite_file(tests::shared_dir() / model);
        emit_cpp(graph, target_by_name(target), folder_);
        auto sources =
            write_package(folder_, "network", target_by_name(target), GANGLION_SOURCE_DIR);
        EXPECT_FALSE(sources.empty());
        sources.emplace_back("network.cpp");
        for (const fs::path& source : sources) {
            const fs::path object = folder_ / (source.stem().string() + ".o");
            command(compiler + " -c " + (folder_ / source).string() + " -o " + object.string());
            objects_ += object.string() + " ";
        }
        for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
            if (entry.path().extension() != ".hpp" && entry.path().extension() != ".cpp") continue;
            std::ifstream file(entry.path());
            const std::string text(std::istreambuf_iterator<char>(file), {});
            EXPECT_EQ(text.find("#include \"device/"), std::string::npos) << entry.path();
        }
    }

    fs::path folder_;
    Golden golden_;
    std::string objects_;
};

TEST_F(Package, RunsOnThisMachine) {
    GANGLION_NEEDS_SHARED("models/mlperf_tiny");
    const std::string compiler = "c++ -std=c++20 -O1 -Wall -Wextra -Werror";
    build("models/mlperf_tiny/kws_dscnn_int8.tflite", "portable", compiler, 4);
    fs::copy_file(fs::path(GANGLION_SOURCE_DIR) / "compile/emission_main.cpp",
                  folder_ / "main.cpp");
    const std::string image = (folder_ / "image").string();
    command(compiler + " " + (folder_ / "main.cpp").string() + " " + objects_ + " -o " + image);
    command(image + " " + (folder_ / "in.bin").string() + " " + (folder_ / "out.bin").string());
    EXPECT_EQ(read_values(folder_ / "out.bin"), golden_.outputs);
}

TEST_F(Package, RunsOnTheChip) {
    GANGLION_NEEDS_SHARED("models/micro_wake_word");
    const chip::Toolchain& chip = chip::toolchain_of("cortex-m4");
    std::string compiler(chip.compile);
    compiler.resize(compiler.find(" -I"));  // no way to our sources
    build("models/micro_wake_word/okay_nabu_v2.tflite", "cortex-m4", compiler, 8);
    const std::string startup(chip.objects.substr(0, chip.objects.find(' ')));  // then kernels
    const std::string image = (folder_ / "image.elf").string();
    command(std::string(chip.compile) + " -I" + folder_.string() +
            " " GANGLION_SOURCE_DIR "/compile/chip/package_main.cpp " + objects_ + startup + " " +
            std::string(chip.link) + " -o " + image);
    command(std::string(chip.emulator) + " " + image +
            " -semihosting-config enable=on,target=native,arg=runner,arg=" +
            (folder_ / "in.bin").string() + ",arg=" + (folder_ / "out.bin").string() +
            " </dev/null");
    EXPECT_EQ(read_values(folder_ / "out.bin"), golden_.outputs);
}

TEST_F(Package, SaysWhereSourcesAreAbsent) {
    EXPECT_THROW(
        (void)write_package(folder_, "network", target_by_name("cortex-m4"), folder_ / "none"),
        std::runtime_error);
}

}  // namespace
}  // namespace ganglion::compile
