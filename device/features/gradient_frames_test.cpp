#include "device/features/gradient_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

using Samples = std::vector<int16_t>;
// Of the frame of the random image below; the same on every target.
constexpr uint32_t kGoldenCrc = 2236375832U;

constexpr GradientHeader kHeader = {.width = 24, .height = 24, .cell = 6, .step = 3};

Samples frame_of(const Samples& image, size_t block) {
    std::vector<uint8_t> state(GradientFrames::state_bytes(kHeader));
    std::vector<uint8_t> scratch(GradientFrames::scratch_bytes(kHeader));
    GradientFrames gradients;
    gradients.start(kHeader, state);
    Samples frame(GradientFrames::frame_values(kHeader));
    std::span<const int16_t> left(image);
    bool ready = false;
    while (!left.empty()) {
        const size_t taken =
            gradients.push(left.first(std::min(block, left.size())), scratch, frame.data(), ready);
        left = left.subspan(taken);
    }
    EXPECT_TRUE(ready);
    return frame;
}

// The definition, in double precision.
std::vector<double> expected(const Samples& image) {
    std::vector<double> sums;
    for (int top = 0; top + 6 <= 24; top += 3) {
        for (int left = 0; left + 6 <= 24; left += 3) {
            std::vector<double> octants(8, 0.0);
            for (int y = top; y < top + 6; ++y) {
                for (int x = left; x < left + 6; ++x) {
                    const auto at = [&](int column, int row) {
                        return static_cast<double>(image[static_cast<size_t>(row * 24 + column)]);
                    };
                    const double dx = x > 0 && x < 23 ? at(x + 1, y) - at(x - 1, y) : 0;
                    const double dy = y > 0 && y < 23 ? at(x, y + 1) - at(x, y - 1) : 0;
                    double angle = std::atan2(dy, dx);
                    if (angle < 0) angle += 2 * std::numbers::pi;
                    const auto octant = static_cast<size_t>(angle / (std::numbers::pi / 4) + 1e-9);
                    octants[octant % 8] += std::abs(dx) + std::abs(dy);
                }
            }
            sums.insert(sums.end(), octants.begin(), octants.end());
        }
    }
    double mean = 0;
    for (const double v : sums) mean += v * 8 / static_cast<double>(sums.size());
    std::vector<double> values;
    for (const double v : sums) values.push_back(256 * std::log2(1 + 8 * v / mean));
    return values;
}

Samples random_image() {
    std::minstd_rand random(4);
    Samples image(24 * 24);
    for (int16_t& v : image) v = static_cast<int16_t>(random() % 256);
    return image;
}

TEST(GradientFrames, FollowTheirDefinition) {
    const Samples image = random_image();
    const Samples frame = frame_of(image, 24);
    const std::vector<double> wanted = expected(image);
    ASSERT_EQ(frame.size(), 392U);
    for (size_t i = 0; i < frame.size(); ++i) EXPECT_NEAR(frame[i], wanted[i], 3) << i;
    EXPECT_EQ(frame, frame_of(image, 1));
    EXPECT_EQ(frame, frame_of(image, 1000));
    const uint32_t crc = crc32({reinterpret_cast<const uint8_t*>(frame.data()), frame.size() * 2});
    EXPECT_EQ(crc, kGoldenCrc);
}

TEST(GradientFrames, DoNotDependOnLight) {
    const Samples image = random_image();
    Samples dim = image;
    Samples bright = image;
    for (int16_t& v : dim) v = static_cast<int16_t>(v * 4);
    for (int16_t& v : bright) v = static_cast<int16_t>(v + 1000);
    EXPECT_EQ(frame_of(image, 24), frame_of(bright, 24));
    const Samples one = frame_of(image, 24);
    const Samples other = frame_of(dim, 24);
    for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], other[i], 3);
    EXPECT_EQ(frame_of(Samples(24 * 24, 77), 24), Samples(392, 0));
}

TEST(GradientFrames, SectionsAreChecked) {
    const auto status = [](GradientHeader h) {
        GradientHeader parsed;
        return parse_gradient_section({reinterpret_cast<const uint8_t*>(&h), sizeof h}, parsed);
    };
    EXPECT_EQ(status(kHeader), Status::ok);
    EXPECT_EQ(status({7, 24, 6, 3}), Status::bad_shape);
    EXPECT_EQ(status({24, 65, 6, 3}), Status::bad_shape);
    EXPECT_EQ(status({8, 24, 9, 3}), Status::bad_shape);
    EXPECT_EQ(status({24, 24, 6, 7}), Status::bad_shape);
    EXPECT_EQ(status({24, 24, 6, 0}), Status::bad_shape);
    EXPECT_EQ(status({64, 64, 6, 3}), Status::bad_shape);  // more than 1024 values
}

}  // namespace
}  // namespace ganglion
