#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"
#include "model/tflite.hpp"
#include "paths.hpp"

// Emitted C++, compiled by this machine's compiler and run.

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

class Emission : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) /
                  (std::string("ganglion_emission_") +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    /// Emits, compiles and runs over `inputs`; returns the outputs.
    std::vector<int8_t> run(const model::Graph& graph, const std::vector<int8_t>& inputs) {
        emit_cpp(graph, target_by_name("portable"), folder_);
        const std::string in = (folder_ / "in.bin").string();
        const std::string out = (folder_ / "out.bin").string();
        std::ofstream(in, std::ios::binary)
            .write(reinterpret_cast<const char*>(inputs.data()),
                   static_cast<std::streamsize>(inputs.size()));
        const std::string image = (folder_ / "image").string();
        command(
            std::string(EMISSION_COMPILER
                        " -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror -I" GANGLION_SOURCE_DIR
                        " -I") +
            folder_.string() + " " GANGLION_SOURCE_DIR "/compile/emission_main.cpp " +
            (folder_ / "network.cpp").string() + " " EMISSION_LIBRARY " -o " + image);
        command(image + " " + in + " " + out);
        return read_values(out);
    }

    static void command(const std::string& line) {
        if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
    }

    void expect_golden(const std::string& model) {
        const Golden golden = read_golden(model);
        EXPECT_EQ(run(model::read_tflite_file(tests::shared_dir() / model), golden.inputs),
                  golden.outputs);
    }

    fs::path folder_;
};

TEST_F(Emission, KeywordSpotting) {
    GANGLION_NEEDS_SHARED("models/mlperf_tiny");
    expect_golden("models/mlperf_tiny/kws_dscnn_int8.tflite");
}

TEST_F(Emission, AnomalyDetection) {
    GANGLION_NEEDS_SHARED("models/mlperf_tiny");
    expect_golden("models/mlperf_tiny/ad_autoencoder_int8.tflite");
}

TEST_F(Emission, ImageClassification) {
    GANGLION_NEEDS_SHARED("models/mlperf_tiny");
    expect_golden("models/mlperf_tiny/ic_resnet8_int8.tflite");
}

TEST_F(Emission, StreamingWakeWord) {
    GANGLION_NEEDS_SHARED("models/micro_wake_word");
    expect_golden("models/micro_wake_word/okay_nabu_v2.tflite");
}

TEST_F(Emission, RandomGraphs) {
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = seed % 2 == 0 ? random.network() : random.layer();
        const std::vector<int8_t> input = random.values(graph.tensors[graph.inputs[0]].elements());
        EXPECT_EQ(run(graph, input), reference::Interpreter(graph, input).output())
            << "seed " << seed;
    }
}

TEST_F(Emission, RefusesNamesThatAreNoIdentifiers) {
    RandomGraph random(1);
    for (const char* name : {"", "7up", "a-b", "x y", "a/../b"}) {
        EXPECT_THROW((void)emit_cpp(random.layer(), target_by_name("portable"), folder_, name),
                     std::runtime_error)
            << name;
    }
}

}  // namespace
}  // namespace ganglion::compile
