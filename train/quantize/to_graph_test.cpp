#include "train/quantize/to_graph.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/tflite.hpp"
#include "train/evaluate/agreement.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

FoldedLayer layer(LayerKind kind, int32_t in, int32_t out, int32_t kernel, int32_t stride,
                  bool relu, Random& random) {
    FoldedLayer l{kind, in, out, kernel, stride, relu, {}, {}};
    const auto count =
        static_cast<size_t>(kind == LayerKind::depthwise ? out * kernel : in * out * kernel);
    const double size =
        1.5 / std::sqrt(static_cast<double>(kind == LayerKind::depthwise ? kernel : in * kernel));
    for (size_t i = 0; i < count; ++i)
        l.weights.push_back(static_cast<float>(size * random.normal()));
    for (int32_t i = 0; i < out; ++i) l.bias.push_back(static_cast<float>(0.1 * random.normal()));
    return l;
}

FoldedNetwork convolutional(Random& random) {
    FoldedNetwork network{"test", 21, 8, 1.0F / 32, {}, true};
    network.layers = {layer(LayerKind::convolution, 8, 16, 3, 2, true, random),
                      layer(LayerKind::depthwise, 16, 16, 10, 1, true, random),
                      layer(LayerKind::convolution, 16, 12, 1, 1, true, random),
                      layer(LayerKind::dense, 12, 2, 1, 1, false, random)};
    return network;
}

std::vector<int8_t> windows(size_t count, Random& random) {
    std::vector<int8_t> values(count);
    for (auto& v : values)
        v = static_cast<int8_t>(std::lrint(std::clamp(40 * random.normal(), -128.0, 127.0)));
    return values;
}

TEST(ToGraph, IntegerEngineFollowsTheFloatNetwork) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        Random random(seed);
        auto network = convolutional(random);
        const auto inputs = windows(200 * 21 * 8, random);
        calibrate(network, inputs);
        const auto agreement = compare(network, to_graph(network), inputs);
        EXPECT_EQ(agreement.windows, 200U);
        EXPECT_LT(agreement.mean, 0.02) << seed;
        EXPECT_LT(agreement.largest, 0.12) << seed;
    }
}

TEST(ToGraph, AutoencoderToo) {
    Random random(9);
    FoldedNetwork network{"ae", 2, 6, 1.0F / 16, {}, false};
    network.layers = {layer(LayerKind::dense, 12, 8, 1, 1, true, random),
                      layer(LayerKind::dense, 8, 12, 1, 1, false, random)};
    const auto inputs = windows(300 * 12, random);
    calibrate(network, inputs);
    const auto agreement = compare(network, to_graph(network), inputs);
    EXPECT_LT(agreement.mean, 0.05);
}

TEST(ToGraph, ComparisonSeesAWrongWeight) {
    Random random(1);
    auto network = convolutional(random);
    const auto inputs = windows(200 * 21 * 8, random);
    calibrate(network, inputs);
    auto wrong = network;
    for (auto& weight : wrong.layers[3].weights) weight = -weight;
    EXPECT_GT(compare(network, to_graph(wrong), inputs).mean, 0.1);
}

TEST(ToGraph, SurvivesTheFile) {
    Random random(2);
    auto network = convolutional(random);
    calibrate(network, windows(20 * 21 * 8, random));
    const auto graph = to_graph(network);
    const auto bytes = model::write_tflite(graph);
    EXPECT_EQ(bytes, model::write_tflite(model::read_tflite(bytes)));
    EXPECT_EQ(graph.tensors[static_cast<size_t>(graph.inputs[0])].shape,
              (std::vector<int32_t>{1, 21, 1, 8}));
}

TEST(ToGraph, LayersThatDoNotFitAreRefused) {
    Random random(3);
    auto network = convolutional(random);
    calibrate(network, windows(5 * 21 * 8, random));
    auto wrong = network;
    wrong.layers[2].in = 15;
    EXPECT_THROW(to_graph(wrong), std::runtime_error);
    wrong = network;
    wrong.layers[0].kernel = 40;
    EXPECT_THROW(to_graph(wrong), std::runtime_error);
    wrong = network;
    wrong.layers[1].greatest = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(to_graph(wrong), std::runtime_error);
    wrong = network;
    wrong.layers.clear();
    EXPECT_THROW(to_graph(wrong), std::runtime_error);
    EXPECT_THROW(calibrate(network, {}), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
