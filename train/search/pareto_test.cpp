#include "train/search/pareto.hpp"

#include <gtest/gtest.h>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

TEST(ParetoLayers, FrontIsWhatNothingBeats) {
    //                                    front   front   beaten by both  front   equal to a front
    const std::vector<Tradeoff> points = {{1, 9}, {5, 2}, {6, 10}, {9, 1}, {5, 2}, {5, 3}};
    EXPECT_EQ(pareto_layers(points), (std::vector<size_t>{0, 0, 2, 0, 0, 1}));
    EXPECT_TRUE(pareto_layers({}).empty());
}

TEST(ParetoLayers, NoPointIsBeatenWithinItsLayerAndEachIsByTheOneBefore) {
    Random random(4);
    std::vector<Tradeoff> points(60);
    for (auto& p : points)
        p = {static_cast<double>(random.below(12)), static_cast<double>(random.below(12))};
    const auto layers = pareto_layers(points);
    for (size_t i = 0; i < points.size(); ++i) {
        bool by_one_before = layers[i] == 0;
        for (size_t j = 0; j < points.size(); ++j) {
            const bool beats = points[j].loss <= points[i].loss &&
                               points[j].cost <= points[i].cost &&
                               (points[j].loss < points[i].loss || points[j].cost < points[i].cost);
            if (!beats) continue;
            EXPECT_NE(layers[j], layers[i]);
            by_one_before = by_one_before || layers[j] + 1 == layers[i];
        }
        EXPECT_TRUE(by_one_before) << i;
    }
}

TEST(Survivors, WholeLayersFirstThenTheLowerLoss) {
    const std::vector<Tradeoff> points = {{1, 9}, {5, 2}, {6, 10}, {9, 1}, {2, 10}};
    EXPECT_EQ(survivors(points, 2), (std::vector<size_t>{0, 1}));
    EXPECT_EQ(survivors(points, 4), (std::vector<size_t>{0, 1, 3, 4}));
    EXPECT_EQ(survivors(points, 99).size(), 5U);
}

}  // namespace
}  // namespace ganglion::train
