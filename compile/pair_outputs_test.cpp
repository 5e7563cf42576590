#include <gtest/gtest.h>

#include <cstring>

#include "compile/testing/differential.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"
#include "device/core/crc32.hpp"
#include "device/kernels/paired_fully_connected.hpp"

namespace ganglion::compile {
namespace {

size_t paired_rows(const CompiledModel& compiled) {
    size_t count = 0;
    for (const LayerReport& layer : compiled.report.layers)
        count += layer.operation == "paired_fully_connected";
    return count;
}

/// A dense layer behind one window that is a run of the image.
model::Graph one_window(RandomGraph& random) {
    const int32_t image = random.begin({1, 3, 4, 4 * random.between(1, 30)});
    const std::vector<int32_t> in = random.shape(image);
    const int channels = 4 * random.between(1, 5);
    const int32_t out = random.tensor({1, 1, 1, channels}, 0.5F, 3);
    const int32_t weights = random.weights({channels, 3, 4, in[3]}, 0, true);
    const int32_t bias = random.bias(channels);
    random.apply(model::OperatorCode::conv_2d, {image, weights, bias}, {out},
                 model::Conv2dOptions{.padding = model::Padding::valid});
    return random.finish(random.dense(out));
}

TEST(PairOutputs, KeepEveryBit) {
    size_t paired = 0;
    for (uint32_t seed = 1; seed <= 60; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = one_window(random);
        const std::vector<int8_t> input = random.values(graph.tensors[0].elements());
        const reference::Interpreter expected(graph, input);
        EXPECT_EQ(difference(graph, "cortex-m3", input, expected.output()), "") << "seed " << seed;
        paired += paired_rows(compile(graph, target_by_name("cortex-m3")));
        EXPECT_EQ(paired_rows(compile(graph, target_by_name("cortex-m0"))), 0U);
    }
    EXPECT_GT(paired, 100U);
}

/// A window that reaches over the edge is no run of its input.
TEST(PairOutputs, WindowsOverTheEdgeStayAsTheyWere) {
    RandomGraph random(1);
    const int32_t image = random.begin({1, 1, 1, 8});
    const int32_t out = random.tensor({1, 1, 1, 4}, 0.5F, 3);
    const int32_t weights = random.weights({4, 2, 1, 8}, 0, true);
    const int32_t bias = random.bias(4);
    random.apply(model::OperatorCode::conv_2d, {image, weights, bias}, {out},
                 model::Conv2dOptions{});
    EXPECT_EQ(paired_rows(compile(random.finish(out), target_by_name("cortex-m3"))), 0U);
}

TEST(PairOutputs, DepthsThatAreNoMultipleOfFourAndSeveralRowsStayAsTheyWere) {
    RandomGraph random(1);
    const int32_t row = random.begin({1, 1, 1, 6});
    EXPECT_EQ(paired_rows(compile(random.finish(random.dense(row)), target_by_name("cortex-m3"))),
              0U);
    const int32_t rows = random.begin({2, 8});
    const int32_t out = random.tensor({2, 4}, 0.5F, 3);
    const int32_t weights = random.weights({4, 8}, 0, false);
    const int32_t bias = random.bias(4);
    random.apply(model::OperatorCode::fully_connected, {rows, weights, bias}, {out},
                 model::FullyConnectedOptions{});
    EXPECT_EQ(paired_rows(compile(random.finish(out), target_by_name("cortex-m3"))), 0U);
}

/// The loader refuses each field that would lead the kernel astray.
TEST(PairOutputs, TheLoaderChecksThem) {
    RandomGraph random(3);
    const int32_t row = random.begin({1, 1, 1, 8});
    const CompiledModel compiled =
        compile(random.finish(random.dense(row)), target_by_name("cortex-m3"));
    ASSERT_EQ(paired_rows(compiled), 1U);
    const ExactMemory memory(compiled.program.data(), compiled.program.size());
    const auto bytes = memory.as<uint8_t>();
    const auto& header = *reinterpret_cast<const ProgramHeader*>(bytes.data());
    auto& op = *reinterpret_cast<PairedFullyConnectedOp*>(bytes.data() + header.operations_offset);
    ASSERT_EQ(op.header.kind, OpKind::paired_fully_connected);
    auto& first =
        *reinterpret_cast<PairedRow*>(bytes.data() + header.constants_offset + op.records);
    const auto load = [&] {
        const uint32_t sum = crc32(bytes.first(bytes.size() - 4));
        std::memcpy(bytes.data() + bytes.size() - 4, &sum, sizeof sum);
        return Program().load(bytes);
    };
    EXPECT_EQ(load(), Status::ok);
    const auto expect_refused = [&](auto& field, auto value, Status status) {
        const auto kept = std::exchange(field, value);
        EXPECT_EQ(load(), status);
        field = kept;
    };
    expect_refused(op.depth, 6U, Status::bad_shape);
    expect_refused(op.depth, 0U, Status::bad_shape);
    expect_refused(op.depth, 1024U, Status::bad_offset);
    expect_refused(op.out, 1U << 20, Status::bad_shape);
    expect_refused(op.output, op.input, Status::bad_offset);
    expect_refused(op.input, header.arena_bytes, Status::bad_offset);
    expect_refused(first.multiplier, 5, Status::bad_value);
    expect_refused(first.shift_less_1, 40U, Status::bad_value);
    EXPECT_EQ(load(), Status::ok);
}

}  // namespace
}  // namespace ganglion::compile
