#include <gtest/gtest.h>

#include <cmath>

#include "train/classic/forest.hpp"
#include "train/classic/kernels.hpp"
#include "train/classic/linear.hpp"
#include "train/classic/prototypes.hpp"
#include "train/evaluate/integer_model.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

/// Three clouds of which the first is as frequent as both others, four values each.
LabelledWindows clouds(size_t count, double spread, uint64_t seed) {
    constexpr int centres[3][4] = {{-40, 0, 20, 0}, {40, -30, 0, 10}, {0, 50, -30, -20}};
    Random random(seed);
    LabelledWindows windows;
    windows.values = 4;
    for (size_t i = 0; i < count; ++i) {
        const size_t label = i % 2 == 0 ? 0 : 1 + random.below(2);
        for (const int centre : centres[label]) {
            const double value = centre + spread * random.normal();
            windows.inputs.push_back(
                static_cast<int8_t>(std::clamp(std::nearbyint(value), -128.0, 127.0)));
        }
        windows.labels.push_back(static_cast<uint16_t>(label));
        windows.groups.push_back(static_cast<uint32_t>(i % 10));
    }
    return windows;
}

/// The corners of a square, opposite ones alike: no plane tells them apart.
LabelledWindows square(size_t count, uint64_t seed) {
    Random random(seed);
    LabelledWindows windows;
    windows.values = 2;
    for (size_t i = 0; i < count; ++i) {
        const bool a = random.chance(0.5), b = random.chance(0.5);
        windows.inputs.push_back(static_cast<int8_t>((a ? 50 : -50) + 10 * random.normal()));
        windows.inputs.push_back(static_cast<int8_t>((b ? 50 : -50) + 10 * random.normal()));
        windows.labels.push_back(a == b ? 1 : 0);
        windows.groups.push_back(0);
    }
    return windows;
}

ClassifierSettings settings(uint32_t classes, std::vector<uint32_t> channels) {
    ClassifierSettings s;
    s.name = "test";
    s.classes = classes;
    s.channels = std::move(channels);
    s.epochs = 10;
    return s;
}

TEST(Forest, LoweredVotesAreTheTreesVotes) {
    const auto train = clouds(600, 25, 1);
    const auto test = clouds(400, 25, 2);
    const auto forest = grow_forest(settings(3, {6, 6}), train);
    const auto network = lower_forest(forest, "test", 1, 4);
    IntegerModel integer(to_graph(network));
    for (size_t i = 0; i < test.size(); ++i) {
        const auto wanted = forest.shares(test.window(i));
        const auto given = integer.run(test.window(i));
        ASSERT_EQ(given.size(), 3U);
        for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(given[c], wanted[c], 0.02) << i;
    }
}

TEST(Forest, AsksTheThresholdExactly) {
    // One value, one class from 6 on: each of the 256 inputs must fall on its side.
    LabelledWindows train;
    train.values = 1;
    for (int q = -128; q < 128; ++q) {
        train.inputs.push_back(static_cast<int8_t>(q));
        train.labels.push_back(q > 5 ? 1 : 0);
        train.groups.push_back(0);
    }
    Forest forest;
    forest.classes = 2;
    forest.trees.push_back({{{0, 5, 1, 2, {}}, {-1, 0, 0, 0, {1, 0}}, {-1, 0, 0, 0, {0, 1}}}});
    const auto network = lower_forest(forest, "test", 1, 1);
    const auto result = classify(network, to_graph(network), train, 2);
    EXPECT_EQ(result.integer.right(), 256U);
}

TEST(Forest, TellsApartWhatNoPlaneCan) {
    const auto network = fit_forest(settings(2, {8, 4}), square(500, 3));
    const auto result = classify(network, to_graph(network), square(500, 4), 2);
    EXPECT_GT(result.integer.accuracy(), 0.94);
    const auto plane = fit_linear_svm(settings(2, {}), square(500, 3));
    EXPECT_LT(classify(plane, to_graph(plane), square(500, 4), 2).integer.accuracy(), 0.8);
}

TEST(LinearSvm, IntegerEngineKeepsItsAccuracy) {
    const auto network = fit_linear_svm(settings(3, {}), clouds(900, 20, 5));
    const auto result = classify(network, to_graph(network), clouds(900, 20, 6), 3);
    EXPECT_GT(result.exact.balanced_accuracy(), 0.9);
    EXPECT_LE(std::fabs(result.points_lost()), 0.5);
}

TEST(Prototypes, IntegerEngineKeepsItsAccuracy) {
    const auto network = fit_prototypes(settings(3, {3}), clouds(900, 20, 7));
    const auto result = classify(network, to_graph(network), clouds(900, 20, 8), 3);
    EXPECT_GT(result.exact.balanced_accuracy(), 0.9);
    EXPECT_LE(std::fabs(result.points_lost()), 0.5);
    const auto bent = fit_prototypes(settings(2, {2}), square(500, 9));
    EXPECT_GT(classify(bent, to_graph(bent), square(500, 10), 2).integer.accuracy(), 0.98);
}

/// A dense ball of one class within a shell of the other: neither planes nor few prototypes tell
/// them apart; their variances do.
LabelledWindows shell(size_t count, uint64_t seed) {
    Random random(seed);
    LabelledWindows windows;
    windows.values = 6;
    for (size_t i = 0; i < count; ++i) {
        const auto label = static_cast<uint16_t>(random.below(2));
        for (int v = 0; v < 6; ++v) {
            const double value = (label == 0 ? 12 : 45) * random.normal();
            windows.inputs.push_back(
                static_cast<int8_t>(std::clamp(std::nearbyint(value), -128.0, 127.0)));
        }
        windows.labels.push_back(label);
        windows.groups.push_back(0);
    }
    return windows;
}

double integer_accuracy(const FoldedNetwork& network, const LabelledWindows& test, size_t classes) {
    const auto result = classify(network, to_graph(network), test, classes);
    EXPECT_LE(std::fabs(result.points_lost()), 1.0) << result.exact.accuracy();
    return result.integer.accuracy();
}

TEST(KernelSvm, IntegerEngineTellsApartWhatNoPlaneCan) {
    EXPECT_GT(integer_accuracy(fit_kernel_svm(settings(2, {4}), square(500, 3)), square(500, 4), 2),
              0.98);
    EXPECT_GT(integer_accuracy(fit_kernel_svm(settings(2, {12}), shell(800, 5)), shell(800, 6), 2),
              0.9);
    EXPECT_GT(integer_accuracy(fit_kernel_svm(settings(3, {6}), clouds(900, 20, 7)),
                               clouds(900, 20, 8), 3),
              0.9);
}

TEST(Mixture, IntegerEngineTellsVariancesApart) {
    EXPECT_GT(integer_accuracy(fit_mixture(settings(2, {1}), shell(800, 5)), shell(800, 6), 2),
              0.95);
    EXPECT_GT(
        integer_accuracy(fit_mixture(settings(3, {2}), clouds(900, 20, 7)), clouds(900, 20, 8), 3),
        0.9);
    EXPECT_GT(integer_accuracy(fit_mixture(settings(2, {2}), square(500, 9)), square(500, 10), 2),
              0.98);
    // What stands beside it cannot: one prototype a class is a plane.
    const auto plane = fit_prototypes(settings(2, {1}), shell(800, 5));
    EXPECT_LT(classify(plane, to_graph(plane), shell(800, 6), 2).integer.accuracy(), 0.7);
}

TEST(Classic, EqualSeedsGiveEqualModels) {
    const auto train = clouds(300, 20, 11);
    for (const auto& fit :
         {fit_forest, fit_linear_svm, fit_prototypes, fit_kernel_svm, fit_mixture}) {
        const auto a = fit(settings(3, {4, 3}), train);
        const auto b = fit(settings(3, {4, 3}), train);
        ASSERT_EQ(a.layers.size(), b.layers.size());
        for (size_t i = 0; i < a.layers.size(); ++i)
            EXPECT_EQ(a.layers[i].weights, b.layers[i].weights);
    }
}

TEST(Classic, SettingsThatCannotBeAreRefused) {
    const auto train = clouds(50, 20, 12);
    EXPECT_THROW(fit_forest(settings(3, {0}), train), std::runtime_error);
    EXPECT_THROW(fit_forest(settings(3, {4, 9}), train), std::runtime_error);
    EXPECT_THROW(fit_prototypes(settings(3, {65}), train), std::runtime_error);
    EXPECT_THROW(fit_kernel_svm(settings(3, {0}), train), std::runtime_error);
    EXPECT_THROW(fit_mixture(settings(3, {33}), train), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
