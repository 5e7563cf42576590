#include <gtest/gtest.h>

#include "model/tflite.hpp"
#include "paths.hpp"
#include "tests/shared.hpp"
#include "train/evaluate/trial_judgement.hpp"

namespace ganglion::train {
namespace {

// The shipped bundle over the recordings of people that training never saw, from raw samples to
// decisions, by the device's pipeline.
TrialJudgement judged(const char* application) {
    const auto project =
        project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / application);
    const DeviceRun device(project, model::read_tflite_file(project.model_file));
    const auto rules = trial_rules(project, tests::shared_dir() / "data");
    auto trials = trials_of(rules);
    std::erase_if(trials, [](const Trial& trial) { return trial.split != "test"; });
    return judge_trials(project, rules, device, score_trials(device, trials),
                        project.decision.threshold);
}

TEST(TrialApplications, FallsAtTheWaist) {
    GANGLION_NEEDS_SHARED("data/motion/manifest.csv");
    const auto result = judged("motion/ganglion.toml");
    EXPECT_EQ(result.positives, 75U);
    EXPECT_EQ(result.negatives, 125U);
    EXPECT_GE(result.sensitivity(), 0.98);
    EXPECT_GE(result.specificity(), 0.98);
}

TEST(TrialApplications, FallsAtTheWrist) {
    GANGLION_NEEDS_SHARED("data/motion/manifest.csv");
    const auto result = judged("motion/wrist.toml");
    EXPECT_EQ(result.positives, 47U);
    EXPECT_EQ(result.negatives, 91U);
    EXPECT_GE(result.sensitivity(), 0.92);
    EXPECT_GE(result.specificity(), 0.92);
}

TEST(TrialApplications, DrowsinessFromBlinks) {
    GANGLION_NEEDS_SHARED("data/drowsiness/manifest.csv");
    const auto result = judged("driver/ganglion.toml");
    EXPECT_EQ(result.positives + result.negatives, 14U);
    EXPECT_GE(result.accuracy(), 0.88);
}

TEST(TrialApplications, DrowsinessFromTheOpeningOfTheEyes) {
    GANGLION_NEEDS_SHARED("data/drowsiness/eye_aspect/manifest.csv");
    const auto result = judged("driver/eyes.toml");
    EXPECT_EQ(result.positives + result.negatives, 6U);
    EXPECT_GE(result.accuracy(), 0.88);
}

}  // namespace
}  // namespace ganglion::train
