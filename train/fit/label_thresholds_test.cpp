#include "train/fit/label_thresholds.hpp"

#include <gtest/gtest.h>

namespace ganglion::train {
namespace {

constexpr uint64_t kLength = 10000;

/// A decision over two classes, each score by itself.
DecisionParameters two_classes() {
    DecisionParameters parameters{};
    parameters.kind = static_cast<uint32_t>(DecisionKind::classes);
    parameters.outputs = 2;
    parameters.frames = parameters.stride = parameters.average = parameters.consecutive = 1;
    parameters.score_multiplier = parameters.score_shift = 1;
    return parameters;
}

/// Recordings of which each gives one inference with this score of label 1; `labels`: what it is.
struct Set {
    std::vector<LabelledRecording> recordings;
    std::vector<ScoredRecording> scored;

    Set(const std::vector<uint16_t>& labels, const std::vector<uint16_t>& scores) {
        for (const uint16_t label : labels) {
            LabelledRecording recording;
            recording.stretches = {{0, kLength, label}};
            recordings.push_back(recording);
        }
        for (size_t i = 0; i < scores.size(); ++i) {
            scored.push_back({&recordings[i],
                              {kLength / 2},
                              {{static_cast<uint16_t>(1000 - scores[i]), scores[i]}}});
        }
    }
    std::vector<uint32_t> choose(double hours, double per_hour,
                                 const std::map<std::string, double>& missed = {}) const {
        return choose_label_thresholds(two_classes(), 0, 0, scored, {"nothing", "knock"},
                                       {.hours = hours, .per_hour = per_hour, .missed = missed});
    }
};

TEST(LabelThresholds, AreTheLowestWithinTheBudgetWhereItCanBeTold) {
    const Set set({1, 1, 0, 0, 0}, {900, 600, 705, 505, 405});
    // Three hours at one an hour: three false firings may stay. Two hours cannot tell.
    EXPECT_EQ(set.choose(3, 1), (std::vector<uint32_t>{0, 300}));
    EXPECT_EQ(Set({1, 1, 0, 0, 0, 0}, {900, 600, 705, 505, 405, 355}).choose(3, 1),
              (std::vector<uint32_t>{0, 360}));
    EXPECT_EQ(set.choose(2, 1), (std::vector<uint32_t>{0, 550}));
}

TEST(LabelThresholds, AreTheMiddleOfTheBestWhereTheRecordingsAreTooShort) {
    // From 510 to 600 both are found and one firing is false; above one is found and one false.
    const Set set({1, 1, 0, 0}, {900, 600, 705, 505});
    EXPECT_EQ(set.choose(0.1, 1), (std::vector<uint32_t>{0, 550}));
    // Nothing false: anything up to the lowest score does.
    EXPECT_EQ(Set({1, 0}, {800, 100}).choose(0.1, 1), (std::vector<uint32_t>{0, 550}));
}

TEST(LabelThresholds, MissNoMoreThanTheGoalAllows) {
    const Set set({1, 1, 1, 1, 0}, {900, 800, 700, 350, 650});
    EXPECT_EQ(set.choose(0.1, 1, {{"knock", 0.25}}), (std::vector<uint32_t>{0, 700}));
    EXPECT_EQ(set.choose(0.1, 1, {{"knock", 0.2}}), (std::vector<uint32_t>{0, 350}));
    EXPECT_EQ(set.choose(0.1, 1, {{"bark", 0.5}}), set.choose(0.1, 1));
    // Out of reach: as low as there is.
    EXPECT_EQ(Set({1, 1}, {900, 100}).choose(0.1, 1, {{"knock", 0.1}}),
              (std::vector<uint32_t>{0, 300}));
}

TEST(LabelThresholds, KnowWhatNeverFires) {
    EXPECT_TRUE(never_fires("nothing"));
    EXPECT_TRUE(never_fires("normal"));
    EXPECT_FALSE(never_fires("door_knock"));
}

}  // namespace
}  // namespace ganglion::train
