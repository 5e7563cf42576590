#include "compile/fuse_lookup.hpp"

#include <gtest/gtest.h>

#include "compile/testing/differential.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"

namespace ganglion::compile {
namespace {

size_t count_of(const CompiledModel& compiled, std::string_view operation) {
    size_t count = 0;
    for (const LayerReport& layer : compiled.report.layers) count += layer.operation == operation;
    return count;
}

/// A layer of any kind, then functions that keep its scale, move its zero point or do neither.
model::Graph with_functions(RandomGraph& random) {
    int32_t image = random.begin({1, random.between(1, 6), random.between(1, 6), 8});
    switch (random.between(0, 4)) {
        case 0:
            image = random.convolution(image);
            break;
        case 1:
            image = random.depthwise(image);
            break;
        case 2:
            image = random.pool(image, model::OperatorCode::average_pool_2d);
            break;
        case 3:
            image = random.addition(image);
            break;
        default:
            image = random.dense(image);
            break;
    }
    for (int n = random.between(1, 3); n > 0; --n) {
        constexpr model::OperatorCode kCodes[] = {
            model::OperatorCode::relu, model::OperatorCode::relu6,
            model::OperatorCode::relu_n1_to_1, model::OperatorCode::quantize};
        const model::OperatorCode code = kCodes[random.between(0, 3)];
        int32_t out = random.like(image, random.shape(image));
        if (code == model::OperatorCode::quantize && random.between(0, 2) != 0)
            out = random.tensor(random.shape(image));
        random.apply(code, {image}, {out}, {});
        image = out;
    }
    return random.finish(image);
}

/// The same scale with another zero point.
int32_t shifted(RandomGraph& random, int32_t image, int32_t by) {
    const model::Graph so_far = random.finish(image);
    const model::Quantization& from = so_far.tensors[image].quantization;
    const auto zero = static_cast<int32_t>(from.zero_points[0]) + by;
    const int32_t out =
        random.tensor(random.shape(image), from.scales[0], std::clamp(zero, -128, 127));
    random.apply(model::OperatorCode::quantize, {image}, {out}, {});
    return out;
}

TEST(FuseLookup, KeepsEveryBit) {
    size_t fused = 0;
    CompileOptions unfused;
    unfused.fuses_functions = false;
    for (uint32_t seed = 1; seed <= 400; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = with_functions(random);
        const std::vector<int8_t> input = random.values(graph.tensors[0].elements());
        const reference::Interpreter expected(graph, input);
        for (const char* target : {"portable", "cortex-m3", "cortex-m4", "x86-64"}) {
            EXPECT_EQ(difference(graph, target, input, expected.output()), "") << "seed " << seed;
            const Target on = target_by_name(target);
            fused += count_of(compile(graph, on, unfused), "lookup") -
                     count_of(compile(graph, on), "lookup");
        }
    }
    EXPECT_GT(fused, 1500U);
}

TEST(FuseLookup, MovesZeroPoints) {
    for (uint32_t seed = 1; seed <= 60; ++seed) {
        RandomGraph random(seed);
        const int32_t image = random.convolution(random.begin({1, 4, 4, 4}));
        const model::Graph graph = random.finish(shifted(random, image, random.between(-40, 40)));
        const std::vector<int8_t> input = random.values(graph.tensors[0].elements());
        const reference::Interpreter expected(graph, input);
        for (const char* target : {"portable", "cortex-m3", "cortex-m4"}) {
            EXPECT_EQ(difference(graph, target, input, expected.output()), "") << "seed " << seed;
            EXPECT_EQ(count_of(compile(graph, target_by_name(target)), "lookup"), 0U);
        }
    }
}

/// What two read, or the model gives itself, stays as it is.
TEST(FuseLookup, LeavesSharedResultsAlone) {
    RandomGraph random(5);
    const int32_t image = random.convolution(random.begin({1, 4, 4, 4}));
    const int32_t first = random.like(image, random.shape(image));
    const int32_t sum = random.tensor(random.shape(image));
    random.apply(model::OperatorCode::relu, {image}, {first}, {});
    random.apply(model::OperatorCode::add, {image, first}, {sum}, model::AddOptions{});
    model::Graph graph = random.finish(sum);
    EXPECT_EQ(count_of(compile(graph, target_by_name("portable")), "lookup"), 1U);
    graph.outputs = {image, sum};
    EXPECT_EQ(count_of(compile(graph, target_by_name("portable")), "lookup"), 1U);
}

/// A table that is no limit cannot become one.
TEST(FuseLookup, RefusesOtherTables) {
    LookupTable table{};
    for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint8_t>(i / 2);
    Conv2dOp conv{};
    conv.range = {3, -128, 127};
    Operation operation = conv;
    EXPECT_FALSE(fuse_lookup(operation, table, {}));
    EXPECT_EQ(std::get<Conv2dOp>(operation).range.maximum, 127);
}

}  // namespace
}  // namespace ganglion::compile
