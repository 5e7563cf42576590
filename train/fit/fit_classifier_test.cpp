#include "train/fit/fit_classifier.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "train/evaluate/integer_model.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

/// 20 frames of two values: a slow wave, a fast one, or noise; at any phase.
LabelledWindows waves(size_t count, uint64_t seed) {
    Random random(seed);
    LabelledWindows windows;
    windows.frames = 20;
    windows.values = 2;
    for (size_t i = 0; i < count; ++i) {
        const auto label = static_cast<uint16_t>(random.below(3));
        const double phase = random.uniform(0, 2 * std::numbers::pi);
        const double speed = label == 0 ? 0.3 : 0.9;
        for (int t = 0; t < 20; ++t) {
            for (int v = 0; v < 2; ++v) {
                double value = 20 * random.normal();
                if (label < 2) value += 50 * std::sin(phase + speed * t + v);
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
    s.classes = 3;
    s.epochs = 15;
    s.batch = 32;
    s.learning_rate = 0.01;
    return s;
}

const StopFlag never = false;
const ProgressCallback silent = [](const Progress&) {};

class Networks : public testing::TestWithParam<std::pair<const char*, std::vector<uint32_t>>> {};

TEST_P(Networks, LearnsAndLosesLittleAsIntegers) {
    const auto& [kind, channels] = GetParam();
    const auto fitted =
        fit_classifier(settings(kind, channels), waves(600, 1), waves(300, 2), silent, never);
    const auto result = classify(fitted.network, to_graph(fitted.network), waves(600, 3), 3);
    EXPECT_GT(result.integer.balanced_accuracy(), 0.9) << kind;
    EXPECT_LE(std::fabs(result.points_lost()), 0.5) << kind;
    EXPECT_EQ(fitted.curve.size(), 18U);
    EXPECT_LT(fitted.curve.back().train_loss, fitted.curve.front().train_loss);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Networks,
                         testing::Values(std::pair{"dense", std::vector<uint32_t>{24}},
                                         std::pair{"ds_cnn", std::vector<uint32_t>{12, 12, 12}},
                                         std::pair{"temporal", std::vector<uint32_t>{8, 8}},
                                         std::pair{"lstm", std::vector<uint32_t>{12}},
                                         std::pair{"gru", std::vector<uint32_t>{8, 12}}),
                         [](const auto& kind) { return std::string(kind.param.first); });

/// Recordings of 60 frames that begin as noise; from frame 40 on, a slow wave or a fast one, which
/// counts from frame 50 on.
std::vector<LabelledTrack> tracks_of_waves(size_t count, uint64_t seed) {
    Random random(seed);
    std::vector<LabelledTrack> tracks(count);
    for (LabelledTrack& track : tracks) {
        const auto label = static_cast<int16_t>(random.below(2));
        for (int t = 0; t < 60; ++t) {
            for (int v = 0; v < 2; ++v) {
                double value = 20 * random.normal();
                if (t >= 40) value += 50 * std::sin((label == 0 ? 0.3 : 0.9) * t + v);
                track.values.push_back(
                    static_cast<int8_t>(std::clamp(std::nearbyint(value), -128.0, 127.0)));
            }
            const auto other = static_cast<int16_t>(t < 40 ? 2 : kNoLabel);
            track.labels.push_back(t < 50 ? other : label);
        }
    }
    return tracks;
}

TEST(FitClassifier, LearnsFromEveryMomentOfATrack) {
    const auto tracks = tracks_of_waves(200, 1);
    const auto judged = windows_of(tracks_of_waves(100, 3), 20, 2, 20);
    const auto fitted = fit_classifier(settings("ds_cnn", {12, 12, 12}),
                                       windows_of(tracks, 20, 2, 3), {}, silent, never, tracks);
    const auto result = classify(fitted.network, to_graph(fitted.network), judged, 3);
    EXPECT_GT(result.integer.balanced_accuracy(), 0.9);
    EXPECT_LE(std::fabs(result.points_lost()), 0.5);
    const auto again = fit_classifier(settings("ds_cnn", {12, 12, 12}),
                                      windows_of(tracks, 20, 2, 3), {}, silent, never, tracks);
    for (size_t i = 0; i < fitted.network.layers.size(); ++i)
        EXPECT_EQ(fitted.network.layers[i].weights, again.network.layers[i].weights);
    EXPECT_THROW(fit_classifier(settings("dense", {12}), windows_of(tracks, 20, 2, 3), {}, silent,
                                never, tracks),
                 std::runtime_error)
        << "sees no time";
}

TEST(FitClassifier, EqualInputGivesEqualBits) {
    const auto once =
        fit_classifier(settings("ds_cnn", {8, 8}), waves(100, 1), waves(50, 2), silent, never);
    const auto again =
        fit_classifier(settings("ds_cnn", {8, 8}), waves(100, 1), waves(50, 2), silent, never);
    for (size_t i = 0; i < once.network.layers.size(); ++i)
        EXPECT_EQ(once.network.layers[i].weights, again.network.layers[i].weights);
}

TEST(FitClassifier, WhatCannotBeFittedIsRefused) {
    EXPECT_THROW(fit_classifier(settings("dense", {4}), {}, {}, silent, never), std::runtime_error);
    EXPECT_THROW(fit_classifier(settings("star", {4}), waves(50, 1), {}, silent, never),
                 std::runtime_error);
    EXPECT_THROW(fit_classifier(settings("ds_cnn", std::vector<uint32_t>(20, 4)), waves(50, 1), {},
                                silent, never),
                 std::runtime_error);
    auto wrong = settings("dense", {4});
    wrong.classes = 2;
    EXPECT_THROW(fit_classifier(wrong, waves(50, 1), {}, silent, never), std::runtime_error);
}

TEST(FitClassifier, StoppedKeepsTheBestSoFar) {
    StopFlag stop = false;
    const ProgressCallback stopping = [&](const Progress&) { stop = true; };
    const auto fitted =
        fit_classifier(settings("dense", {16}), waves(600, 1), waves(300, 2), stopping, stop);
    EXPECT_EQ(fitted.curve.size(), 1U);
    const auto result = classify(fitted.network, to_graph(fitted.network), waves(300, 3), 3);
    EXPECT_GT(result.integer.accuracy(), 0.5);
}

}  // namespace
}  // namespace ganglion::train
