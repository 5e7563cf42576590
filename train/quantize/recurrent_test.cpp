#include "train/quantize/recurrent.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "compile/bundle_features.hpp"
#include "paths.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/integer_model.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/quantize/weight_steps.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

void draw(FoldedLayer& layer, Random& random) {
    layer.weights.resize(weight_count(layer));
    layer.bias.resize(bias_count(layer));
    const double size = 1.2 / std::sqrt(static_cast<double>(layer.in));
    for (float& weight : layer.weights) weight = static_cast<float>(size * random.normal());
    for (float& bias : layer.bias) bias = static_cast<float>(0.2 * random.normal());
}

/// A convolution, a state of 12 and two outputs, with random weights.
FoldedNetwork with_state(LayerKind kind, int32_t frames, int32_t values) {
    FoldedNetwork network{"state", frames, values, 1.0F / 32, {}, true};
    network.layers.push_back({LayerKind::convolution, values, 8, 3, 4, true, {}, {}});
    network.layers.push_back({kind, 8, 12, 1, 1, false, {}, {}});
    network.layers.push_back({LayerKind::dense, 12, 2, 1, 1, false, {}, {}});
    Random random(3);
    for (auto& layer : network.layers) draw(layer, random);
    std::vector<int8_t> windows;
    for (int32_t i = 0; i < 50 * frames * values; ++i)
        windows.push_back(static_cast<int8_t>(static_cast<int>(random.below(120)) - 60));
    calibrate(network, windows);
    return network;
}

class Recurrent : public testing::TestWithParam<LayerKind> {};

TEST_P(Recurrent, EngineIsNearToFloat) {
    const auto network = with_state(GetParam(), 20, 4);
    IntegerModel integer(to_graph(network));
    Random random(5);
    double worst = 0;
    std::set<float> seen;
    for (int n = 0; n < 60; ++n) {
        std::vector<int8_t> window;
        std::vector<float> real;
        for (int i = 0; i < 80; ++i) {
            window.push_back(static_cast<int8_t>(static_cast<int>(random.below(120)) - 60));
            real.push_back(static_cast<float>(window.back()) * network.input_scale);
        }
        auto exact = run_float(network, real);
        apply_softmax(exact);
        const auto given = integer.run(window);
        seen.insert(given[0]);
        worst = std::max(worst, static_cast<double>(std::fabs(exact[0] - given[0])));
    }
    EXPECT_LT(worst, 0.06);
    EXPECT_GT(seen.size(), 10U);
}

TEST_P(Recurrent, DeviceBeginsAnewWithEachWindow) {
    auto project = project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / "wake_word" /
                                 "ganglion.toml");
    project.streaming = false;
    const auto frames = static_cast<int32_t>(project.features.frames);
    const auto values = static_cast<int32_t>(project.frame_values());
    const auto graph = to_graph(with_state(GetParam(), frames, values));
    const DeviceRun device(project, graph);
    Random random(4);
    std::vector<int16_t> samples;
    for (size_t i = 0; i < 40000; ++i)
        samples.push_back(static_cast<int16_t>((i / 3000 % 2 == 0 ? 100 : 4000) * random.normal()));
    const auto scored = device.run(samples);
    const auto inputs = compile::feature_frames(project, samples);
    IntegerModel integer(graph);
    std::set<uint16_t> seen;
    ASSERT_GT(scored.scores.size(), 20U);
    for (size_t n = 0; n < scored.scores.size(); ++n) {
        const auto begin =
            static_cast<ptrdiff_t>(n * project.features.stride * static_cast<size_t>(values));
        const auto outputs = integer.run(
            std::span(inputs).subspan(static_cast<size_t>(begin), integer.input_values()));
        EXPECT_NEAR(scored.scores[n], 1000 * outputs[1], 5) << n;
        seen.insert(scored.scores[n]);
    }
    EXPECT_GT(seen.size(), 5U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Recurrent, testing::Values(LayerKind::lstm, LayerKind::gru),
                         [](const auto& kind) {
                             return kind.param == LayerKind::lstm ? "lstm" : "gru";
                         });

}  // namespace
}  // namespace ganglion::train
