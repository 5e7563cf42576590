#include "compile/passes/remove_channels.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "compile/compile.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"
#include "tests/shared.hpp"

namespace ganglion::compile {
namespace {

/// Zeroes the weights of some output channels of every layer.
void kill_channels(model::Graph& graph, RandomGraph& random) {
    for (const model::Operator& op : graph.operators) {
        if (op.inputs.size() != 3) continue;
        model::Tensor& weights = graph.tensors[static_cast<size_t>(op.inputs[1])];
        const bool depthwise = op.code == model::OperatorCode::depthwise_conv_2d;
        const auto channels =
            static_cast<size_t>(depthwise ? weights.shape.back() : weights.shape.front());
        const size_t each = weights.data.size() / channels;
        for (size_t c = 0; c < channels; ++c) {
            if (random.between(0, 1) == 0) continue;
            for (size_t i = 0; i < each; ++i)
                weights.data[depthwise ? i * channels + c : c * each + i] = 0;
        }
    }
}

std::vector<int8_t> run(const model::Graph& graph, const char* target,
                        const std::vector<int8_t>& input) {
    const CompiledModel compiled = compile(graph, target_by_name(target));
    Program program;
    EXPECT_EQ(program.load(compiled.program), Status::ok);
    std::vector<int8_t> arena(program.arena_bytes(), 99);
    std::memcpy(arena.data() + program.input().offset, input.data(), input.size());
    program.run(arena);
    return {arena.begin() + program.output().offset,
            arena.begin() + program.output().offset + program.output().bytes};
}

int64_t constant_bytes(const model::Graph& graph) {
    int64_t bytes = 0;
    for (const model::Operator& op : graph.operators) {
        if (op.inputs.size() == 3)
            bytes +=
                static_cast<int64_t>(graph.tensors[static_cast<size_t>(op.inputs[1])].data.size());
    }
    return bytes;
}

TEST(RemoveChannels, KeepsEveryBit) {
    int smaller = 0;
    for (uint32_t seed = 1; seed <= 400; ++seed) {
        RandomGraph random(seed);
        model::Graph graph = seed % 4 == 0 ? random.network() : random.chain();
        kill_channels(graph, random);
        const model::Graph reduced = remove_channels(graph);
        ASSERT_NO_THROW(model::validate(reduced)) << "seed " << seed;
        if (constant_bytes(reduced) < constant_bytes(graph)) ++smaller;
        const std::vector<int8_t> input =
            random.values(graph.tensors[static_cast<size_t>(graph.inputs[0])].elements());
        const std::vector<int8_t> expected = reference::Interpreter(graph, input).output();
        ASSERT_EQ(reference::Interpreter(reduced, input).output(), expected) << "seed " << seed;
        for (const char* target : {"portable", "cortex-m4"})
            ASSERT_EQ(run(graph, target, input), expected) << target << " seed " << seed;
    }
    EXPECT_GT(smaller, 100);
}

/// Branches that are added, multiplied and joined, some of whose channels are dead.
model::Graph branches(RandomGraph& random) {
    int32_t image = random.begin({1, random.between(2, 6), random.between(2, 6), 6});
    image = random.convolution(image);
    for (int n = random.between(1, 3); n > 0; --n) {
        if (random.between(0, 1) == 0) {
            image = random.addition(image);
        } else {
            const auto shape = random.shape(image);
            auto both = shape;
            both[3] *= 2;
            const int32_t weights = random.weights({shape[3], 1, 1, shape[3]}, 0, true);
            const int32_t bias = random.bias(shape[3]);
            const int32_t other = random.like(image, shape);
            random.apply(model::OperatorCode::conv_2d, {image, weights, bias}, {other},
                         model::Conv2dOptions{});
            const int32_t out = random.like(image, both);
            random.apply(model::OperatorCode::concatenation, {other, image}, {out},
                         model::ConcatenationOptions{3});
            image = out;
        }
        if (random.between(0, 1) == 0) image = random.elementwise(image);
    }
    return random.finish(random.dense(random.convolution(image)));
}

int64_t channels_in(const model::Graph& graph, model::OperatorCode code) {
    int64_t channels = 0;
    for (const model::Operator& op : graph.operators) {
        if (op.code == code) channels += graph.tensors[static_cast<size_t>(op.outputs[0])].shape[3];
    }
    return channels;
}

TEST(RemoveChannels, GoesThroughBranches) {
    int fewer_added = 0;
    int fewer_joined = 0;
    for (uint32_t seed = 1; seed <= 300; ++seed) {
        RandomGraph random(seed);
        model::Graph graph = branches(random);
        kill_channels(graph, random);
        const model::Graph reduced = remove_channels(graph);
        ASSERT_NO_THROW(model::validate(reduced)) << "seed " << seed;
        const auto fewer = [&](model::OperatorCode code) {
            return channels_in(reduced, code) < channels_in(graph, code) ? 1 : 0;
        };
        fewer_added += fewer(model::OperatorCode::add);
        fewer_joined += fewer(model::OperatorCode::concatenation);
        const std::vector<int8_t> input = random.values(graph.tensors[0].elements());
        const std::vector<int8_t> expected = reference::Interpreter(graph, input).output();
        ASSERT_EQ(reference::Interpreter(reduced, input).output(), expected) << "seed " << seed;
        for (const char* target : {"portable", "cortex-m4"})
            ASSERT_EQ(run(graph, target, input), expected) << target << " seed " << seed;
    }
    EXPECT_GT(fewer_added, 20);
    EXPECT_GT(fewer_joined, 20);
}

TEST(RemoveChannels, LeavesAGraphWithoutDeadChannelsAlone) {
    RandomGraph random(7);
    const model::Graph graph = random.chain();
    EXPECT_EQ(constant_bytes(remove_channels(graph)), constant_bytes(graph));
}

TEST(RemoveChannels, HalvesTheVisualWakeWordsModel) {
    const char* model = "models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite";
    GANGLION_NEEDS_SHARED(model);
    const Report report =
        compile(model::read_tflite_file(tests::shared_dir() / model), target_by_name("portable"))
            .report;
    EXPECT_LT(report.macs, 4'000'000U);  // of 7,489,664
    EXPECT_LT(report.constant_bytes, 60'000U);
}

}  // namespace
}  // namespace ganglion::compile
