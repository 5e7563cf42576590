#include "device/features/slot_means.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "device/features/readings.hpp"

namespace ganglion {
namespace {

constexpr int16_t kNothing = INT16_MIN;
using Frames = std::vector<std::vector<int16_t>>;

FeatureHeader header(uint32_t period_s, uint16_t channels) {
    FeatureHeader header{};
    header.rate_hz = 1;
    header.period_s = period_s;
    header.channels = channels;
    header.frame_values = channels;
    return header;
}

Status parse(const FeatureHeader& header, uint32_t minutes, SlotMeans::Parameters& parameters) {
    uint8_t bytes[4];
    std::memcpy(bytes, &minutes, sizeof bytes);
    return SlotMeans::parse(header, bytes, parameters);
}

struct Slots {
    Slots(uint32_t period_s, uint16_t channels, uint32_t minutes) {
        EXPECT_EQ(parse(header(period_s, channels), minutes, parameters), Status::ok);
        memory.resize(SlotMeans::state_bytes(parameters) / 8);
        block.start(parameters, {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8});
    }
    // Fed in pieces of `piece` values, which need not be whole groups.
    Frames push(const std::vector<int16_t>& samples, size_t piece = 1000) {
        Frames frames;
        std::span<const int16_t> left = samples;
        while (!left.empty()) {
            std::vector<int16_t> frame(parameters.channels);
            bool ready = false;
            const size_t taken =
                block.push(left.first(std::min(piece, left.size())), {}, frame.data(), ready);
            EXPECT_GE(taken, 1U);
            left = left.subspan(taken);
            if (ready) frames.push_back(frame);
        }
        return frames;
    }
    SlotMeans::Parameters parameters{};
    std::vector<uint64_t> memory;
    SlotMeans block;
};

TEST(SlotMeans, OneSampleASlotIsItsOwnFrameAtOnce) {
    Slots hours(3600, 2, 60);
    EXPECT_EQ(hours.push({0, 100, 60, -200, 180, kNothing}),
              (Frames{{0, 100}, {1, -200}, {3, kNothing}}));
}

TEST(SlotMeans, MeansAreRoundedAndLeaveOutWhatIsMissing) {
    for (const size_t piece : {1U, 2U, 3U, 1000U}) {
        Slots quarters(900, 3, 60);
        EXPECT_EQ(
            quarters.push({600, 1, -1, 615, 2, -2, 630, kNothing, kNothing, 645, 4, -2}, piece),
            (Frames{{10, 2, -2}}));
    }
}

TEST(SlotMeans, ASlotThatIsNotFullComesWithTheNext) {
    Slots quarters(900, 2, 60);
    EXPECT_EQ(quarters.push({0, 10, 15, 20, 75, 7}), (Frames{{0, 15}}));
    EXPECT_EQ(quarters.push({90, 7, 105, 7, 130, 1}), (Frames{{1, 7}}));
}

TEST(SlotMeans, GoesOnWithoutTheClock) {
    Slots quarters(900, 2, 60);
    EXPECT_EQ(quarters.push({kNothing, 5}), Frames{});  // never set: not known when
    EXPECT_EQ(quarters.push({10050, 1, kNothing, 3, kNothing, 9}), (Frames{{167, 2}}));
    EXPECT_EQ(quarters.push({15, 9, 30, 9, 45, 9}), (Frames{{0, 9}}));
}

TEST(SlotMeans, ChecksItsParameters) {
    SlotMeans::Parameters parameters{};
    EXPECT_EQ(parse(header(3600, 2), 60, parameters), Status::ok);
    EXPECT_EQ(parse(header(3600, 2), 0, parameters), Status::bad_value);
    EXPECT_EQ(parse(header(3600, 2), 11, parameters), Status::bad_value);
    EXPECT_EQ(parse(header(3600, 2), 30, parameters), Status::bad_value);  // no sample in a slot
    EXPECT_EQ(parse(header(3600, 1), 60, parameters), Status::bad_shape);
    FeatureHeader wrong = header(3600, 2);
    wrong.frame_values = 3;
    EXPECT_EQ(parse(wrong, 60, parameters), Status::bad_shape);
    EXPECT_EQ(SlotMeans::parse(header(3600, 2), {}, parameters), Status::bad_shape);
}

TEST(Readings, EveryGroupIsAFrame) {
    Readings::Parameters parameters{};
    ASSERT_EQ(Readings::parse(header(60, 3), {}, parameters), Status::ok);
    std::vector<uint64_t> memory(Readings::state_bytes(parameters) / 8);
    Readings block;
    block.start(parameters, {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8});
    std::vector<int16_t> frame(3);
    bool ready = true;
    const std::vector<int16_t> samples = {1, 2, 3, 4};
    EXPECT_EQ(block.push(std::span(samples).first(2), {}, frame.data(), ready), 2U);
    EXPECT_FALSE(ready);
    EXPECT_EQ(block.push(std::span(samples).subspan(2), {}, frame.data(), ready), 1U);
    EXPECT_TRUE(ready);
    EXPECT_EQ(frame, (std::vector<int16_t>{1, 2, 3}));
    FeatureHeader wrong = header(60, 3);
    wrong.frame_values = 4;
    EXPECT_EQ(Readings::parse(wrong, {}, parameters), Status::bad_shape);
}

}  // namespace
}  // namespace ganglion
