#include "train/evaluate/pause_judgement.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ganglion::train {
namespace {

/// An hour at 100 samples a second with beats at these samples.
HeartRecord record_of(std::initializer_list<uint64_t> beats) {
    HeartRecord record;
    record.rate_hz = 100;
    record.samples.resize(size_t{100} * 3600);
    for (const uint64_t sample : beats) record.beats.push_back({sample, BeatClass::normal});
    return record;
}

TEST(Pauses, AreThreeSecondsBetweenReferenceBeats) {
    const auto record = record_of({1000, 1100, 1399, 1699, 2000, 2300});
    // Behind 1399 is one (told a little before its beat), behind 1699 another (missed), and behind
    // 2000 (missed too); 1100 to 1399 is nearly one: neither; behind 1000 is none.
    const std::array<uint64_t, 3> told{1000, 1100, 1390};
    const PauseScore score = judge_pauses(record, told);
    EXPECT_EQ(score.pauses, 3U);
    EXPECT_EQ(score.missed, 2U);
    EXPECT_EQ(score.wrong, 1U);
    EXPECT_DOUBLE_EQ(score.hours, 1);
}

TEST(Pauses, AreNotCountedInFlutterNorOutsideOfTheBeats) {
    auto record = record_of({1000, 1500, 2000});
    record.flutter.push_back({1600, 1900});
    const std::array<uint64_t, 2> told{1500, 2500};
    const PauseScore score = judge_pauses(record, told);
    EXPECT_EQ(score.pauses, 1U);
    EXPECT_EQ(score.missed, 1U);
    EXPECT_EQ(score.wrong, 1U);  // behind the last beat
}

TEST(Pauses, OfSeveralRecordsAddUp) {
    PauseScore all = judge_pauses(record_of({0, 400}), {});
    all.add(judge_pauses(record_of({0, 100}), std::array<uint64_t, 1>{0}));
    EXPECT_EQ(all.pauses, 1U);
    EXPECT_EQ(all.missed, 1U);
    EXPECT_EQ(all.wrong, 1U);
    EXPECT_DOUBLE_EQ(all.hours, 2);
}

}  // namespace
}  // namespace ganglion::train
