#include "compile/passes/fold_constants.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "compile/testing/differential.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::OperatorCode;
using model::Tensor;

/// Dense layers over the rows of `image`, with weights [out, depth].
int32_t dense_with(RandomGraph& random, int32_t row, int32_t weights, int32_t out) {
    const int32_t result = random.tensor({1, out}, 0.5F, 2);
    const int32_t bias = random.bias(out);
    random.apply(OperatorCode::fully_connected, {row, weights, bias}, {result},
                 model::FullyConnectedOptions{});
    return result;
}

void expect_equal(const Graph& folded, const Graph& plain, RandomGraph& random) {
    const std::vector<int8_t> input = random.values(plain.tensors[0].elements());
    const reference::Interpreter expected(plain, input);
    for (const char* target : {"portable", "cortex-m4"})
        EXPECT_EQ(difference(folded, target, input, expected.output()), "");
}

/// Weights as a float tensor that is quantized, reshaped and transposed before it is used.
TEST(FoldConstants, WeightsMayBeConvertedAndMoved) {
    constexpr int32_t kDepth = 6;
    constexpr int32_t kOut = 5;
    RandomGraph random(4);
    const int32_t row = random.begin({1, kDepth});
    const int32_t weights = random.weights({kOut, kDepth}, 0, false);
    const Graph plain = random.finish(dense_with(random, row, weights, kOut));

    Graph graph = plain;
    const Tensor plain_weights = plain.tensors[weights];
    const float scale = plain_weights.quantization.scales[0];
    // [depth * out] floats, transposed; each is a little off its step.
    Tensor real{.name = "real", .type = model::TensorType::float32, .shape = {kDepth * kOut}};
    real.data.resize(size_t{4} * kDepth * kOut);
    for (size_t o = 0; o < kOut; ++o) {
        for (size_t i = 0; i < kDepth; ++i) {
            const auto value = static_cast<int8_t>(plain_weights.data[o * kDepth + i]);
            const float off = value == -128 || value == 127 ? 0.0F : 0.3F;
            const float number = scale * (static_cast<float>(value) + off);
            std::memcpy(real.data.data() + 4 * (i * kOut + o), &number, sizeof number);
        }
    }
    const auto add = [&](Tensor tensor) {
        graph.tensors.push_back(std::move(tensor));
        return static_cast<int32_t>(graph.tensors.size()) - 1;
    };
    const int32_t reals = add(std::move(real));
    Tensor quantized{.name = "quantized", .shape = {kDepth * kOut}};
    quantized.quantization = {{scale}, {0}};
    const int32_t flat = add(quantized);
    quantized.shape = {kDepth, kOut};
    const int32_t matrix = add(quantized);
    quantized.shape = {kOut, kDepth};
    const int32_t turned = add(quantized);
    Tensor order{.name = "order", .type = model::TensorType::int32, .shape = {2}};
    order.data = {1, 0, 0, 0, 0, 0, 0, 0};
    const int32_t axes = add(std::move(order));
    graph.operators[0].inputs[1] = turned;
    graph.operators.insert(
        graph.operators.begin(),
        {{OperatorCode::quantize, {reals}, {flat}, {}, {}},
         {OperatorCode::reshape, {flat}, {matrix}, model::ReshapeOptions{{kDepth, kOut}}, {}},
         {OperatorCode::transpose, {matrix, axes}, {turned}, {}, {}}});
    const Graph folded = fold_constants(graph);
    EXPECT_EQ(folded.operators.size(), 1U);
    EXPECT_EQ(folded.tensors[turned].data, plain_weights.data);
    expect_equal(graph, plain, random);
}

TEST(FoldConstants, DequantizedWeightsAreQuantizedAgain) {
    RandomGraph random(9);
    const int32_t row = random.begin({1, 8});
    const int32_t weights = random.weights({4, 8}, 0, true);
    const Graph plain = random.finish(dense_with(random, row, weights, 4));
    Graph graph = plain;
    Tensor real{.name = "real", .type = model::TensorType::float32, .shape = {4, 8}};
    graph.tensors.push_back(real);
    Tensor again = plain.tensors[weights];
    again.data.clear();
    graph.tensors.push_back(again);
    const auto last = static_cast<int32_t>(graph.tensors.size()) - 1;
    graph.operators[0].inputs[1] = last;
    graph.operators.insert(graph.operators.begin(),
                           {{OperatorCode::dequantize, {weights}, {last - 1}, {}, {}},
                            {OperatorCode::quantize, {last - 1}, {last}, {}, {}}});
    EXPECT_EQ(fold_constants(graph).tensors[last].data, plain.tensors[weights].data);
    expect_equal(graph, plain, random);
}

/// Constants of constants: what the plain interpreter makes of the whole graph stays the same.
TEST(FoldConstants, KeepsEveryBitOfInt8Operators) {
    for (uint32_t seed = 1; seed <= 100; ++seed) {
        RandomGraph random(seed);
        const std::vector<int32_t> shape = {1, random.between(1, 4), random.between(1, 4),
                                            random.between(1, 8)};
        const int32_t image = random.begin(shape);
        int32_t known = random.constant(shape);
        for (int n = random.between(1, 3); n > 0; --n) {
            const int32_t out = random.tensor(shape);
            if (random.between(0, 1) == 0) {
                random.apply(OperatorCode::add, {known, random.constant(shape)}, {out},
                             model::AddOptions{random.activation()});
            } else {
                random.apply(OperatorCode::quantize, {known}, {out}, {});
            }
            known = out;
        }
        const int32_t out = random.tensor(shape);
        random.apply(OperatorCode::add, {image, known}, {out}, model::AddOptions{});
        const Graph graph = random.finish(out);
        EXPECT_EQ(fold_constants(graph).operators.size(), 1U) << "seed " << seed;
        expect_equal(graph, graph, random);
    }
}

TEST(FoldConstants, LeavesWhatItCannotCompute) {
    RandomGraph random(2);
    const int32_t image = random.begin({1, 2, 2, 2});
    const int32_t known = random.constant({1, 2, 2, 2});
    const int32_t out = random.tensor({1, 2, 2, 2});
    random.apply(OperatorCode::hard_swish, {known}, {out}, {});
    const int32_t unknown = random.tensor({1, 2, 2, 2});
    random.apply(OperatorCode::custom, {known}, {unknown}, {});
    random.apply(OperatorCode::relu, {image}, {random.tensor({1, 2, 2, 2})}, {});
    Graph graph = random.finish(out);
    EXPECT_EQ(fold_constants(graph).operators.size(), 3U) << "the model's output stays computed";
    graph.outputs = {graph.operators[2].outputs[0]};
    EXPECT_EQ(fold_constants(graph).operators.size(), 2U);
}

}  // namespace
}  // namespace ganglion::compile
