#include "train/evaluate/noise_judgement.hpp"

#include <gtest/gtest.h>

#include "paths.hpp"
#include "tests/shared.hpp"
#include "train/evaluate/judges.hpp"

namespace ganglion::train {
namespace {

project::Project noise_alarm() {
    return project::read(GANGLION_SOURCE_DIR "/apps/home/noise.toml");
}

double value_of(const Judged& judged, const char* name) {
    const auto figure = std::ranges::find(judged.figures, name, &Figure::name);
    EXPECT_NE(figure, judged.figures.end()) << name;
    return figure->value;
}

Judged judged_by(const project::Project& project, const char* split) {
    const DeviceRun device(project);
    return judge_noises(
        {project, device, tests::shared_dir() / "data", split, [](size_t, size_t) {}});
}

TEST(NoiseJudgement, CountsWhatBelongsToASound) {
    NoiseDays days;
    days.samples.resize(1000);
    days.judged_from = 200;
    days.strange = {{300, 400}, {600, 650}};
    days.at_night = {{800, 850}};
    // One while it learns, one behind the first sound, one too late behind the second, one at
    // night.
    const auto result = judge_noise(days, {100, 420, 700, 810}, 40, 400);
    EXPECT_EQ(result.strange, 2U);
    EXPECT_EQ(result.strange_missed, 1U);
    EXPECT_EQ(result.at_night_missed, 0U);
    EXPECT_EQ(result.false_alarms, 1U);
    EXPECT_DOUBLE_EQ(result.days, 2);
}

TEST(NoiseJudgement, RefusesHoursThatWouldDrift) {
    project::Project project = noise_alarm();
    project.learner.parameters["block"] = {31};
    EXPECT_THROW(DeviceRun{project}, std::runtime_error);
}

TEST(NoiseJudgement, TheHourOfTheDayIsWhatTellsAtNight) {
    GANGLION_NEEDS_SHARED("data/home/noise_manifest.csv");
    project::Project project = noise_alarm();
    const Judged hourly = judged_by(project, "test");
    EXPECT_LE(value_of(hourly, "usual by day, missed at night"), 10);
    EXPECT_LE(value_of(hourly, "strange sounds missed"), 40);
    EXPECT_LE(value_of(hourly, "false alarms"), 2);
    project.learner.parameters["slots"] = {1};
    EXPECT_GE(value_of(judged_by(project, "test"), "usual by day, missed at night"), 50)
        << "one level for the whole day";
}

}  // namespace
}  // namespace ganglion::train
