#include "train/fit/held_out.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ganglion::train {
namespace {

LabelledRecording recording(const char* group, uint16_t label, const char* split = "train") {
    LabelledRecording made;
    made.group = group;
    made.split = split;
    made.stretches = {{0, 1, label}};
    return made;
}

TEST(HeldOut, PartsHoldWholeGroupsOfEachLabelInTurn) {
    const auto parts = folds_of({recording("a", 1), recording("b", 1), recording("a", 1),
                                 recording("c", 1), recording("d", 0), recording("e", 0)},
                                2);
    EXPECT_EQ(parts, (std::vector<uint32_t>{0, 1, 0, 0, 0, 1}));
}

TEST(HeldOut, RecordingsOfUnknownGroupsLieInBlocks) {
    std::vector<LabelledRecording> recordings;
    for (int i = 0; i < 6; ++i) recordings.push_back(recording("unknown", 1));
    recordings.push_back(recording("unknown", 2));
    EXPECT_EQ(folds_of(recordings, 3), (std::vector<uint32_t>{0, 0, 1, 1, 2, 2, 0}));
}

TEST(HeldOut, WhatIsMadeOrOfAnotherSplitIsNeverLeftOut) {
    auto spoken = recording("a voice", 1);
    spoken.spoken = true;
    auto made = recording("a bell", 1);
    made.made = true;
    const auto parts =
        folds_of({recording("a", 1, "val"), recording("b", 1, "test"), spoken, made}, 2);
    EXPECT_EQ(std::set<uint32_t>(parts.begin(), parts.end()), std::set<uint32_t>{kNeverLeftOut});
}

}  // namespace
}  // namespace ganglion::train
