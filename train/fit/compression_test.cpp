#include "train/fit/compression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "train/evaluate/integer_model.hpp"
#include "train/network/deterministic.hpp"
#include "train/quantize/compress.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

/// 20 moments of 4 values: a wave of one of four speeds, at any phase, in noise.
LabelledWindows waves(size_t count, uint64_t seed) {
    Random random(seed);
    LabelledWindows windows;
    windows.frames = 20;
    windows.values = 4;
    for (size_t i = 0; i < count; ++i) {
        const auto label = static_cast<uint16_t>(random.below(4));
        const double phase = random.uniform(0, 2 * std::numbers::pi);
        for (int t = 0; t < 20; ++t) {
            for (int v = 0; v < 4; ++v) {
                const double value =
                    45 * std::sin(phase + (0.3 + 0.35 * label) * t + v) + 22 * random.normal();
                windows.inputs.push_back(
                    static_cast<int8_t>(std::clamp(std::nearbyint(value), -128.0, 127.0)));
            }
        }
        windows.labels.push_back(label);
        windows.groups.push_back(static_cast<uint32_t>(i % 7));
    }
    return windows;
}

ClassifierSettings settings(const char* kind, std::vector<uint32_t> channels) {
    ClassifierSettings s;
    s.name = "waves";
    s.kind = kind;
    s.channels = std::move(channels);
    s.classes = 4;
    s.epochs = 10;
    s.batch = 32;
    s.learning_rate = 0.01;
    return s;
}

const StopFlag never = false;
const ProgressCallback silent = [](const Progress&) {};

double accuracy(const FoldedNetwork& network) {
    return classify(network, to_graph(network), waves(500, 3), 4).integer.accuracy();
}

TEST(Compression, BlocksWithSkipsLearn) {
    for (const char* kind : {"residual", "inverted_residual"}) {
        const auto fitted = fit_classifier(settings(kind, {12, 12, 16}), waves(500, 1),
                                           waves(200, 2), silent, never);
        size_t sums = 0;
        for (const auto& layer : fitted.network.layers) sums += layer.adds >= 0 ? 1 : 0;
        EXPECT_GE(sums, 1U) << kind;
        const auto result = classify(fitted.network, to_graph(fitted.network), waves(500, 3), 4);
        EXPECT_GT(result.integer.accuracy(), 0.9) << kind;
        EXPECT_LT(result.points_lost(), 2) << kind;
    }
}

TEST(Compression, EachStepIsThereAndKeepsTheAccuracy) {
    auto s = settings("ds_cnn", {16, 16, 16});
    s.compression.teacher = {24, 24, 24};
    s.compression.prune = 0.5;
    s.compression.weight_bits = 4;
    s.compression.clusters = 8;
    const auto fitted = fit_classifier(s, waves(500, 1), waves(200, 2), silent, never);
    ASSERT_EQ(fitted.stages.size(), 5U);
    const double before = accuracy(fitted.stages[0].network);
    EXPECT_GT(before, 0.9);
    // Half of 16 channels is little for four classes: some of it is lost, most stays.
    for (const auto& stage : fitted.stages)
        EXPECT_GT(accuracy(stage.network), before - 0.16) << stage.name;
    EXPECT_EQ(fitted.stages[1].network.layers[0].out, 16);
    EXPECT_EQ(fitted.stages[2].network.layers[0].out, 8);
    EXPECT_EQ(fitted.stages[2].network.layers[0].weight_bits, 8);
    EXPECT_EQ(fitted.stages[3].network.layers[0].weight_bits, 4);
    EXPECT_LE(most_different_steps(fitted.stages[4].network), 8U);
    EXPECT_LE(most_different_steps(fitted.stages[4].updated), 8U);
    EXPECT_EQ(fitted.network.layers[0].out, 8);
    EXPECT_EQ(fitted.curve.size(), 12U + compression_epochs(s));
    // Pruned weights are not those of the unpruned fit: the steps were fitted anew.
    EXPECT_NE(fitted.stages[0].network.layers[0].weights,
              fitted.stages[1].network.layers[0].weights);
}

TEST(Compression, WithoutItTheFitHasTheBitsItHad) {
    auto s = settings("ds_cnn", {8, 8});
    s.epochs = 4;
    const auto plain = fit_classifier(s, waves(200, 1), waves(100, 2), silent, never);
    EXPECT_TRUE(plain.stages.empty());
    s.compression.clusters = 12;
    const auto compressed = fit_classifier(s, waves(200, 1), waves(100, 2), silent, never);
    ASSERT_EQ(compressed.stages.size(), 2U);
    for (size_t i = 0; i < plain.network.layers.size(); ++i)
        EXPECT_EQ(plain.network.layers[i].weights, compressed.stages[0].network.layers[i].weights);
}

TEST(Compression, ClassicalModelsRefuseIt) {
    auto s = settings("forest", {4, 3});
    s.compression.prune = 0.5;
    EXPECT_THROW(fit_classifier(s, waves(50, 1), waves(50, 2), silent, never), std::runtime_error);
}

TEST(Device, IsRefusedByNameWhereThereIsNone) {
    choose_device("cpu");
    check_device("cpu");
    EXPECT_THROW(choose_device("gpu"), std::runtime_error);
    EXPECT_THROW(check_device("gpu"), std::runtime_error);
    if (torch::cuda::is_available()) {
        choose_device("cuda");
        auto s = settings("ds_cnn", {16, 16});
        EXPECT_GT(accuracy(fit_classifier(s, waves(500, 1), waves(200, 2), silent, never).network),
                  0.85);
        choose_device("cpu");
        return;
    }
    for (const auto ask : {choose_device, check_device}) {
        try {
            ask("cuda");
            FAIL() << "a card where there is none";
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find("NVIDIA"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace ganglion::train
