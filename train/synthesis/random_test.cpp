#include "train/synthesis/random.hpp"

#include <gtest/gtest.h>

namespace ganglion::train {
namespace {

// Reference values of the public-domain splitmix64.c for seed 1234567.
TEST(Random, IsSplitMix64) {
    Random random(1234567);
    EXPECT_EQ(random.next(), 6457827717110365317U);
    EXPECT_EQ(random.next(), 3203168211198807973U);
    EXPECT_EQ(random.next(), 9817491932198370423U);
}

TEST(Random, MomentsAreRight) {
    Random random(1);
    double sum = 0, squares = 0, uniform = 0;
    constexpr int n = 200000;
    for (int i = 0; i < n; ++i) {
        const double value = random.normal();
        sum += value;
        squares += value * value;
        uniform += random.uniform();
    }
    EXPECT_NEAR(sum / n, 0, 0.01);
    EXPECT_NEAR(squares / n, 1, 0.02);
    EXPECT_NEAR(uniform / n, 0.5, 0.005);
}

TEST(Random, ForksDiffer) {
    const Random root(7);
    EXPECT_NE(root.fork(1).next(), root.fork(2).next());
    EXPECT_EQ(root.fork(1).next(), Random(7).fork(1).next());
}

}  // namespace
}  // namespace ganglion::train
