#include "train/fit/frame_windows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "paths.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr uint64_t kRate = 16000;
constexpr uint16_t kNothing = 0;
constexpr uint16_t kKnock = 2;

project::Project doorbell() {
    return project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / "doorbell" /
                         "ganglion.toml");
}

/// Ten seconds of faint noise with one blow of 60 ms in the middle.
LabelledRecording blow(uint16_t label) {
    LabelledRecording recording;
    recording.name = recording.group = "blow";
    recording.split = "train";
    Random random(5);
    for (uint64_t i = 0; i < 10 * kRate; ++i) {
        const bool loud = i >= 5 * kRate && i < 5 * kRate + kRate * 6 / 100;
        recording.samples.push_back(static_cast<int16_t>((loud ? 5000 : 10) * random.normal()));
    }
    recording.stretches = {{0, recording.samples.size(), label}};
    return recording;
}

/// Of each window its loudest frame, or -1 where that is faint.
std::vector<int> loudest_frames(const LabelledWindows& windows) {
    std::vector<int> places;
    for (size_t i = 0; i < windows.size(); ++i) {
        const auto window = windows.window(i);
        std::vector<int> levels;
        for (size_t frame = 0; frame < windows.frames; ++frame) {
            const auto values = window.subspan(frame * windows.values, windows.values);
            levels.push_back(std::accumulate(values.begin(), values.end(), 0));
        }
        const auto [least, most] = std::ranges::minmax_element(levels);
        const bool clear = *most - *least > 20 * static_cast<int>(windows.values);
        places.push_back(clear ? static_cast<int>(most - levels.begin()) : -1);
    }
    return places;
}

LabelledWindows windows_of(uint16_t label, size_t copies, size_t most_each) {
    const auto project = doorbell();
    const WindowPlan plan{.split = "train", .copies = copies, .most_each = most_each};
    return frame_windows(project, {blow(label)}, plan, [](size_t, size_t) {});
}

TEST(FrameWindows, OfASoundThatIsNothingMostHoldWhatIsLoud) {
    const auto places = loudest_frames(windows_of(kNothing, 1, 8));
    ASSERT_EQ(places.size(), 8U);
    // Two are of the quiet around it, and one may hold its edge alone. Spread evenly, one of eight
    // would hold it: it is in a tenth of all windows.
    EXPECT_LE(std::ranges::count(places, -1), 3);
}

TEST(FrameWindows, HoldTheSoundAtOtherPlacesInEachCopy) {
    const auto windows = windows_of(kKnock, 16, 3);
    ASSERT_EQ(windows.size(), 48U);
    EXPECT_EQ(std::ranges::count(windows.labels, kKnock), 48);
    const auto places = loudest_frames(windows);
    // Cut at equal places, the copies differ by their speed alone: nine.
    EXPECT_GE(std::set<int>(places.begin(), places.end()).size(), 18U);
}

}  // namespace
}  // namespace ganglion::train
