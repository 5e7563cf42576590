#include "train/fit/moments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "paths.hpp"

namespace ganglion::train {
namespace {

const std::vector<std::string> kLabels{"silence", "unknown", "yes"};
constexpr int16_t kSilence = 0;
constexpr int16_t kUnknown = 1;
constexpr int16_t kYes = 2;

int16_t label_at(std::vector<Stretch> stretches, uint64_t first, uint64_t last) {
    return moment_label(stretches, kLabels, kUnknown, kSilence, first, last);
}

TEST(Moments, AWordCountsOnceNineTenthsOfItAreHeard) {
    const std::vector<Stretch> word{{1000, 2000, kYes}};
    EXPECT_EQ(label_at(word, 0, 899), kSilence);
    EXPECT_EQ(label_at(word, 0, 1049), kNoLabel) << "may be a breath";
    EXPECT_EQ(label_at(word, 0, 1399), kUnknown) << "half a word is another";
    EXPECT_EQ(label_at(word, 0, 1699), kNoLabel) << "may be enough";
    EXPECT_EQ(label_at(word, 0, 1950), kYes);
    EXPECT_EQ(label_at(word, 1050, 4000), kYes);
    EXPECT_EQ(label_at(word, 1600, 4000), kUnknown) << "its end alone";
    EXPECT_EQ(label_at(word, 2000, 4000), kSilence);
}

TEST(Moments, WhatIsLongerThanTheWindowCountsWhileItLasts) {
    const std::vector<Stretch> longer{{1000, 9000, kYes}};
    EXPECT_EQ(label_at(longer, 600, 1600), kYes);
    EXPECT_EQ(label_at(longer, 4000, 5000), kYes);
    EXPECT_NE(label_at(longer, 8500, 9500), kYes) << "is over";
}

TEST(Moments, OtherWordsAreUnknownWhereEnoughOfThemIsHeard) {
    const std::vector<Stretch> other{{1000, 2000, kUnknown}};
    EXPECT_EQ(label_at(other, 0, 1100), kNoLabel);
    EXPECT_EQ(label_at(other, 0, 1400), kUnknown);
    EXPECT_EQ(label_at(other, 3000, 4000), kSilence);
    EXPECT_EQ(moment_label(other, kLabels, kNoLabel, kNoLabel, 3000, 4000), kNoLabel)
        << "no label for the room";
}

TEST(Moments, TracksTellWhenTheWordIsHeard) {
    auto project = project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / "commands" /
                                 "ganglion.toml");
    project.decision.labels = kLabels;
    LabelledRecording word{"word", "someone", "train", std::vector<int16_t>(16000, 0), {}};
    for (size_t i = 6000; i < 11000; ++i)
        word.samples[i] = static_cast<int16_t>(8000 * std::sin(0.2 * static_cast<double>(i)));
    word.stretches = {{0, word.samples.size(), kYes}};
    LabelledRecording room{"room", "room", "train", std::vector<int16_t>(48000, 3), {}};
    room.stretches = {{0, room.samples.size(), kSilence}};
    LabelledRecording judged = word;
    judged.split = "test";
    const auto step = [](size_t, size_t) {};
    const auto tracks = labelled_tracks(project, {word, room, judged}, {"train", 2, 400, 1}, step);
    ASSERT_EQ(tracks.size(), 4U) << "two copies each, of the split alone";
    for (const LabelledTrack& track : tracks)
        ASSERT_EQ(track.values.size(), track.labels.size() * project.frame_values());
    const auto& heard = tracks[0].labels;
    const auto begin = std::ranges::find(heard, kYes);
    ASSERT_NE(begin, heard.end());
    EXPECT_NE(std::find(heard.begin(), begin, kUnknown), begin) << "before it, its beginning";
    EXPECT_NE(std::find(heard.begin(), begin, kSilence), begin) << "before that, nothing";
    EXPECT_NEAR(static_cast<double>(std::ranges::count(heard, kYes)), 37, 5)
        << "as long as the window is longer than nine tenths of the word";
    EXPECT_EQ(std::ranges::count(tracks[2].labels, kYes), 0);
    EXPECT_GT(std::ranges::count(tracks[2].labels, kSilence), 90);
    EXPECT_EQ(labelled_tracks(project, {word}, {"train", 2, 400, 1}, step)[1].values,
              tracks[1].values)
        << "the same again";
    const auto windows = windows_of(tracks, project.features.frames, project.frame_values(), 3);
    EXPECT_EQ(windows.size(), 12U);
    EXPECT_EQ(windows.inputs.size(), 12 * windows.window_values());
}

}  // namespace
}  // namespace ganglion::train
