#include "train/evaluate/beat_judgement.hpp"

#include <gtest/gtest.h>

namespace ganglion::train {
namespace {

HeartRecord record_of(const char* beats) {
    HeartRecord record;
    record.name = "r";
    record.subject = "s";
    record.rate_hz = 360;
    parse_beats(beats, "beats.csv", record);
    return record;
}

TEST(Beats, AreReadWithRhythmsAndFlutter) {
    const auto record = record_of(
        "sample,symbol,aami,rhythm\n18,+,,(N\n77,N,N,\n370,V,V,\n500,+,,(AFIB\n700,[,,\n900,!,,\n"
        "1000,],,\n1300,A,S,\n");
    ASSERT_EQ(record.beats.size(), 3U);
    EXPECT_EQ(record.beats[1].kind, BeatClass::ventricular);
    EXPECT_EQ(record.rhythm_at(10), "");
    EXPECT_EQ(record.rhythm_at(499), "(N");
    EXPECT_EQ(record.rhythm_at(1300), "(AFIB");
    EXPECT_TRUE(record.in_flutter(800));
    EXPECT_FALSE(record.in_flutter(1300));
    EXPECT_THROW(record_of("sample,symbol,aami,rhythm\n9,N,N,\n5,N,N,\n"), std::runtime_error);
    EXPECT_THROW(record_of("sample,symbol,aami,rhythm\nx,N,N,\n"), std::runtime_error);
    EXPECT_THROW(record_of("sample,symbol,aami\n5,+,\n"), std::runtime_error);
}

TEST(Beats, MatchOneToOneWithinTheTolerance) {
    const std::vector<ReferenceBeat> reference = {{1000, {}}, {1300, {}}, {2000, {}}};
    const std::vector<FoundBeat> found = {
        {960, {}, false}, {1010, {}, false}, {1350, {}, false}, {1900, {}, false}};
    const auto matches = match_beats(reference, found, 54);
    EXPECT_EQ(matches, (std::vector<size_t>{SIZE_MAX, 0, 1, SIZE_MAX}));
}

TEST(Beats, AreCountedByAamiClass) {
    const auto record = record_of(
        "sample,symbol,aami,rhythm\n1000,N,N,\n1400,V,V,\n1800,A,S,\n2200,F,F,\n2600,Q,Q,\n"
        "3000,V,V,\n3400,N,N,\n");
    const std::vector<FoundBeat> found = {
        {1002, BeatClass::supraventricular, false},  // wrong S
        {1405, BeatClass::ventricular, false},       // right V
        {1801, BeatClass::ventricular, false},       // missed S, wrong V
        {2201, BeatClass::ventricular, false},       // forgiven
        {2601, BeatClass::supraventricular, false},  // forgiven
        {3200, BeatClass::ventricular, false},       // no beat: wrong V, and one missed at 3000
        {3400, BeatClass::normal, false}};
    const BeatScore score = judge_beats(record, found);
    EXPECT_EQ(score.beats.right, 6U);
    EXPECT_EQ(score.beats.missed, 1U);
    EXPECT_EQ(score.beats.wrong, 1U);
    EXPECT_EQ(score.ventricular.right, 1U);
    EXPECT_EQ(score.ventricular.missed, 1U);
    EXPECT_EQ(score.ventricular.wrong, 2U);
    EXPECT_EQ(score.supraventricular.right, 0U);
    EXPECT_EQ(score.supraventricular.missed, 1U);
    EXPECT_EQ(score.supraventricular.wrong, 1U);
}

TEST(Beats, FibrillationCountsByDuration) {
    const auto record = record_of(
        "sample,symbol,aami,rhythm\n0,+,,(N\n360,N,N,\n720,+,,(AFIB\n720,N,N,\n1080,N,N,\n"
        "1440,+,,(AFL\n1440,N,N,\n1800,+,,(N\n1800,N,N,\n2160,N,N,\n");
    const std::vector<FoundBeat> found = {{360, {}, true},  {720, {}, true},   {1080, {}, false},
                                          {1440, {}, true}, {1800, {}, false}, {2160, {}, false}};
    const Hits hits = judge_beats(record, found).fibrillation;
    EXPECT_EQ(hits.right, 1000U);
    EXPECT_EQ(hits.missed, 1000U);
    EXPECT_EQ(hits.wrong, 1000U);
}

TEST(Beats, IntervalsComeFromPeople) {
    std::vector<BeatScore> scores(4);
    for (size_t i = 0; i < scores.size(); ++i) {
        scores[i].subject = std::to_string(i);
        scores[i].ventricular = {i == 0 ? 50U : 100U, i == 0 ? 50U : 0U, 0};
    }
    const Estimate estimate = sensitivity(scores, &BeatScore::ventricular);
    EXPECT_DOUBLE_EQ(estimate.value, 350.0 / 400);
    EXPECT_LT(estimate.interval.low, 0.8);
    EXPECT_DOUBLE_EQ(estimate.interval.high, 1);
    EXPECT_DOUBLE_EQ(precision(scores, &BeatScore::ventricular).value, 1);
}

}  // namespace
}  // namespace ganglion::train
