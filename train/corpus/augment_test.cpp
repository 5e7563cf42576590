#include "train/corpus/augment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace ganglion::train {
namespace {

Sound tone(double hz, size_t count) {
    Sound sound(count);
    for (size_t i = 0; i < count; ++i) {
        sound[i] = static_cast<float>(
            1000 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 16000));
    }
    return sound;
}

double strength(const Sound& sound, double hz) {
    double c = 0, s = 0;
    for (size_t i = 0; i < sound.size(); ++i) {
        const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / 16000;
        c += sound[i] * std::cos(angle);
        s += sound[i] * std::sin(angle);
    }
    return 2 * std::hypot(c, s) / static_cast<double>(sound.size());
}

TEST(ChangeSpeed, RaisesPitchAndShortens) {
    const auto faster = change_speed(tone(500, 16000), 1.2);
    EXPECT_NEAR(static_cast<double>(faster.size()), 16000 / 1.2, 4);
    EXPECT_NEAR(strength(faster, 600), 1000, 30);
    EXPECT_TRUE(change_speed({}, 1.2).empty());
}

TEST(Mix, ReachesTheWantedRatio) {
    Random random(1);
    Sound background(5000);
    for (auto& value : background) value = static_cast<float>(random.normal());
    background[0] = 500;
    Sound sound(50000, 0.0F);
    mix(sound, background, 1000, 20, random);
    EXPECT_NEAR(level_of(sound), 100, 1);
    Sound untouched(100, 1.0F);
    mix(untouched, {}, 1000, 20, random);
    EXPECT_EQ(untouched, Sound(100, 1.0F));
}

TEST(Colour, StaysFiniteAndDeterministic) {
    for (uint64_t seed = 0; seed < 200; ++seed) {
        Random one(seed), two(seed);
        auto a = tone(700, 4000), b = a;
        colour(a, one);
        colour(b, two);
        EXPECT_EQ(a, b);
        const double level = level_of(a);
        EXPECT_TRUE(std::isfinite(level));
        EXPECT_GT(level, 100);
        EXPECT_LT(level, 5000);
    }
}

TEST(AddRoom, EchoesComeAfterTheSound) {
    Random random(4);
    Sound click(8000, 0.0F);
    click[1000] = 10000;
    const auto wet = add_room(click, random);
    for (size_t i = 0; i < 1000; ++i) ASSERT_EQ(wet[i], 0);
    EXPECT_EQ(wet[1000], 10000);
    EXPECT_GT(level_of(std::span(wet).subspan(1032)), 0);
}

TEST(ToSamples, Clips) {
    EXPECT_EQ(to_samples({1e6F, -1e6F, 0.6F}), (std::vector<int16_t>{32767, -32768, 1}));
}

}  // namespace
}  // namespace ganglion::train
