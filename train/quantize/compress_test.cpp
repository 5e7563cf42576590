#include "train/quantize/compress.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "compile/compile.hpp"
#include "model/tflite.hpp"
#include "train/evaluate/agreement.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/quantize/weight_steps.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

FoldedLayer layer(LayerKind kind, int32_t in, int32_t out, int32_t kernel, bool relu,
                  Random& random) {
    FoldedLayer l{kind, in, out, kernel, 1, relu, {}, {}};
    const size_t count = weight_count(l);
    const double inputs = static_cast<double>(count) / out;
    for (size_t i = 0; i < count; ++i)
        l.weights.push_back(static_cast<float>(1.4 * random.normal() / std::sqrt(inputs)));
    for (int32_t i = 0; i < out; ++i) l.bias.push_back(static_cast<float>(0.1 * random.normal()));
    return l;
}

std::vector<int8_t> windows(size_t count, Random& random) {
    std::vector<int8_t> values(count);
    for (auto& v : values)
        v = static_cast<int8_t>(std::lrint(std::clamp(40 * random.normal(), -128.0, 127.0)));
    return values;
}

/// 12 moments of 8 values; `adds`: the third layer's input is added to the fourth's output.
FoldedNetwork network(Random& random, bool adds) {
    FoldedNetwork n{"test", 12, 8, 1.0F / 32, {}, true};
    n.layers = {layer(LayerKind::convolution, 8, 16, 3, true, random),
                layer(LayerKind::convolution, 16, 32, 1, true, random),
                layer(LayerKind::depthwise, 32, 32, 3, true, random),
                layer(LayerKind::convolution, 32, 16, 1, false, random),
                layer(LayerKind::depthwise, 16, 16, 8, true, random),
                layer(LayerKind::dense, 16, 3, 1, false, random)};
    if (adds) n.layers[3].adds = 0;
    return n;
}

TEST(Compress, EarlierLayersAreAddedAsInFloatingPoint) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
        Random random(seed);
        auto n = network(random, true);
        const auto inputs = windows(300 * 96, random);
        calibrate(n, inputs);
        auto without = n;
        without.layers[3].adds = -1;
        EXPECT_LT(compare(n, to_graph(n), inputs).mean, 0.02);
        EXPECT_GT(compare(without, to_graph(n), inputs).mean, 0.05) << "the addition did nothing";
    }
    Random random(1);
    auto n = network(random, true);
    n.layers[3].adds = 1;  // 32 channels to 16
    calibrate(n, windows(96, random));
    EXPECT_THROW(to_graph(n), std::runtime_error);
}

TEST(Compress, Int4WeightsStayPackedInTheProgram) {
    Random random(4);
    const auto inputs = windows(300 * 96, random);
    auto n = network(random, false);
    calibrate(n, inputs);
    auto narrow = with_int4_weights(n);
    EXPECT_EQ(narrow.layers[5].weight_bits, 8);  // the last
    EXPECT_EQ(narrow.layers[2].weight_bits, 8);  // depthwise
    const auto graph = model::read_tflite(model::write_tflite(to_graph(narrow)));
    size_t packed = 0;
    for (const auto& tensor : graph.tensors)
        packed += tensor.type == model::TensorType::int4 ? 1 : 0;
    EXPECT_EQ(packed, 3U);
    const auto bytes = [](const model::Graph& of) {
        return compile::compile(of, compile::target_by_name("cortex-m4")).report.constant_bytes;
    };
    // Half of 8 * 16 * 3, 16 * 32 and 32 * 16 weights.
    EXPECT_LT(bytes(graph) + 600, bytes(to_graph(n)));
    // What the engine computes is what the rounded weights say.
    auto rounded = with_rounded_weights(narrow);
    calibrate(rounded, inputs);
    EXPECT_LT(compare(rounded, to_graph(rounded), inputs).mean, 0.02);
    EXPECT_LE(most_different_steps(narrow), 200U);
    for (const auto& l : {narrow.layers[0], narrow.layers[1], narrow.layers[3]}) {
        for (const float scale : weight_scales(l)) {
            EXPECT_EQ(weight_step(l, 100 * scale, scale), 7);
            EXPECT_EQ(weight_step(l, -100 * scale, scale), -7);
        }
    }
}

TEST(Compress, PruningTakesTheChannelsThatDoLeast) {
    Random random(5);
    auto n = network(random, false);
    // Half of the second layer's channels, in no order, give nothing.
    std::set<size_t> silent;
    while (silent.size() < 16) silent.insert(random.below(32));
    for (const size_t c : silent) {
        for (size_t k = 0; k < 16; ++k) n.layers[1].weights[weight_index(n.layers[1], c, k)] = 0;
        n.layers[1].bias[c] = 0;
        n.layers[2].bias[c] = 0;
    }
    // Only the second layer is cut: the others would lose channels that count.
    auto small = pruned(n, 0.5);
    EXPECT_EQ(small.layers[0].out, 8);
    EXPECT_EQ(small.layers[1].out, 16);
    EXPECT_EQ(small.layers[2].out, 16);
    EXPECT_EQ(small.layers[3].in, 16);
    EXPECT_EQ(small.layers[5].in, 8);
    EXPECT_EQ(small.layers[5].out, 3);
    // Where the silent ones alone go, nothing changes.
    n.layers[3].adds = 0;  // keeps the first layer and the fourth whole
    small = pruned(n, 0.5);
    EXPECT_EQ(small.layers[0].out, 16);
    EXPECT_EQ(small.layers[3].out, 16);
    EXPECT_EQ(small.layers[1].out, 16);
    std::vector<float> input;
    for (int i = 0; i < 96; ++i) input.push_back(static_cast<float>(random.normal()));
    const auto expected = run_float(n, input);
    const auto given = run_float(small, input);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(given[i], expected[i], 1e-4);
    EXPECT_THROW(pruned(n, 1), std::runtime_error);
}

TEST(Compress, PrunedDenseLayersSeeTheChannelsThatStay) {
    Random random(6);
    FoldedNetwork n{"test", 6, 8, 1.0F / 32, {}, true};
    n.layers = {layer(LayerKind::convolution, 8, 12, 3, true, random),
                layer(LayerKind::dense, 48, 3, 1, false, random)};
    for (size_t c = 8; c < 12; ++c) {
        n.layers[0].bias[c] = 0;
        for (size_t k = 0; k < 24; ++k) n.layers[0].weights[c * 24 + k] = 0;
    }
    const auto small = pruned(n, 0.34);  // 8 of 12 stay
    EXPECT_EQ(small.layers[1].in, 32);
    std::vector<float> input;
    for (int i = 0; i < 48; ++i) input.push_back(static_cast<float>(random.normal()));
    const auto expected = run_float(n, input);
    const auto given = run_float(small, input);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(given[i], expected[i], 1e-4);
}

TEST(Compress, ClustersLeaveFewWeights) {
    Random random(7);
    const auto inputs = windows(300 * 96, random);
    auto n = network(random, false);
    calibrate(n, inputs);
    EXPECT_GT(most_different_steps(n), 60U);
    const auto few = clustered(n, 16);
    EXPECT_LE(most_different_steps(few), 16U);
    const auto graph = to_graph(few);
    for (const auto& tensor : graph.tensors) {
        if (tensor.type != model::TensorType::int8 || !tensor.is_constant()) continue;
        EXPECT_LE(std::set<uint8_t>(tensor.data.begin(), tensor.data.end()).size(), 16U);
    }
    // What was learned afterwards still takes one of them, at the scales there were.
    auto later = few;
    for (auto& l : later.layers)
        for (float& weight : l.weights) weight += static_cast<float>(0.02 * random.normal());
    EXPECT_LE(most_different_steps(later), 16U);
    EXPECT_LT(compare(with_rounded_weights(few), graph, inputs).mean, 0.05);
    EXPECT_THROW(clustered(n, 1), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
