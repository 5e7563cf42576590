#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "compile/compile.hpp"
#include "compile/testing/random_cases.hpp"
#include "model/tflite.hpp"

// A user's file is hostile until it is compiled: refused with a reason, or a program that loads and
// stays inside its memory (compile_fuzz.cpp, which these tests call).

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::compile {
namespace {

using model::Graph;

std::vector<uint8_t> file_of(const RandomCase& row, uint32_t seed) {
    RandomGraph random(seed);
    return model::write_tflite(row.make(random));
}

TEST(HostileModel, TruncatedFilesAreRefused) {
    const std::vector<uint8_t> file = file_of(kRandomCases[0], 1);
    for (size_t size = 0; size < file.size(); size += 1 + size / 16) {
        const std::vector<uint8_t> part(file.begin(), file.begin() + static_cast<long>(size));
        EXPECT_THROW((void)model::read_tflite(part), std::runtime_error) << size << " bytes";
    }
}

TEST(HostileModel, DamagedFilesAreRefusedOrCompile) {
    std::mt19937 random(1);
    for (const RandomCase& row : kRandomCases) {
        for (uint32_t seed = 1; seed <= 4; ++seed) {
            const std::vector<uint8_t> good = file_of(row, seed);
            for (int round = 0; round < 60; ++round) {
                std::vector<uint8_t> bytes = good;
                for (uint32_t n = 1 + random() % 4; n > 0; --n) {
                    uint8_t& byte = bytes[random() % bytes.size()];
                    byte = random() % 2 == 0 ? static_cast<uint8_t>(random())
                                             : static_cast<uint8_t>(byte ^ 1U << (random() % 8));
                }
                (void)LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
            }
        }
    }
}

std::string refusal_of(const Graph& graph) {
    try {
        (void)compile(graph, target_by_name("x86-64"));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

Graph layer() {
    RandomGraph random(1);
    const int32_t image = random.begin({1, 4, 4, 3});
    return random.finish(random.convolution(image));
}

TEST(HostileModel, EveryRefusalSaysWhy) {
    ASSERT_EQ(refusal_of(layer()), "");
    const auto refuses = [](const char* what, auto damage) {
        Graph graph = layer();
        damage(graph);
        EXPECT_GT(refusal_of(graph).size(), 10U) << what;
    };
    refuses("a cycle", [](Graph& graph) { graph.operators[0].inputs[0] = graph.outputs[0]; });
    refuses("a shape beyond 64 bits", [](Graph& graph) {
        graph.tensors[0].shape = {1, INT32_MAX, INT32_MAX, INT32_MAX};
    });
    refuses("a shape beyond any memory", [](Graph& graph) {
        graph.tensors[0].shape = {1, 65535, 65535, 3};
    });
    refuses("a negative shape", [](Graph& graph) { graph.tensors[0].shape = {1, -4, -4, 3}; });
    refuses("a tensor that is not there",
            [](Graph& graph) { graph.operators[0].inputs[1] = 1000; });
    refuses("weights of another type", [](Graph& graph) {
        graph.tensors[static_cast<size_t>(graph.operators[0].inputs[1])].type =
            model::TensorType::float32;
    });
    refuses("too few weights", [](Graph& graph) {
        graph.tensors[static_cast<size_t>(graph.operators[0].inputs[1])].data.pop_back();
    });
    refuses("a scale that is not a number", [](Graph& graph) {
        graph.tensors[0].quantization.scales = {std::numeric_limits<float>::quiet_NaN()};
    });
    refuses("a stride of zero", [](Graph& graph) {
        std::get<model::Conv2dOptions>(graph.operators[0].options).stride_height = 0;
    });
    refuses("no output", [](Graph& graph) { graph.outputs.clear(); });
}

}  // namespace
}  // namespace ganglion::compile
