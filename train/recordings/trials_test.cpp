#include "train/recordings/trials.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/shared.hpp"

namespace ganglion::train {
namespace {

const TrialFormat kFormat = {{"x", "y"}, {0.001, 0.1}, {"kind", "trial"}, "t_ms", "kind"};

std::string message(std::string_view text) {
    try {
        parse_trials(text, "a.csv", kFormat);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(Trials, BeginWhereAKeyChangesOrTimeFalls) {
    const auto trials = parse_trials(
        "kind,trial,t_ms,x,y\nwalk,1,0,0.5,-1\nwalk,1,20,0.25,2\r\nwalk,2,0,1,1\n"
        "fall,2,20,1,1\nfall,2,10,-40,99999\n",
        "a.csv", kFormat);
    ASSERT_EQ(trials.size(), 4U);
    EXPECT_EQ(trials[0].samples, (std::vector<int16_t>{500, -10, 250, 20}));
    EXPECT_EQ(trials[0].label, "walk");
    EXPECT_EQ(trials[1].samples.size(), 2U);
    EXPECT_EQ(trials[2].label, "fall");
    EXPECT_EQ(trials[3].samples, (std::vector<int16_t>{-32768, 32767}));
    EXPECT_EQ(trials[3].name, "a.csv fall 2");
}

TEST(Trials, SayWhatIsWrong) {
    EXPECT_EQ(message("kind,trial,t_ms,x\n"),
              "a.csv: line 1: no column 'y'; name it in the first line");
    EXPECT_EQ(message("kind,trial,t_ms,x,y\nwalk,1,0,oh,1\n"),
              "a.csv: line 2: 'oh' is not a number; write one");
    EXPECT_EQ(message("kind,trial,t_ms,x,y\nwalk,1,0,1\n"),
              "a.csv: line 2: 4 cells where the first line names 5");
    EXPECT_EQ(message("kind,trial,t_ms,x,y\n"),
              "a.csv: holds no row; a trial needs at least one sample");
}

TEST(Trials, OfTheFallsAreAsTheirReadmeCounts) {
    GANGLION_NEEDS_SHARED("data/motion/manifest.csv");
    const auto manifest = tests::shared_dir() / "data/motion/manifest.csv";
    const std::vector<std::string> imu = {"ax_g", "ay_g", "az_g", "gx_dps", "gy_dps", "gz_dps"};
    const auto waist = read_trials(manifest, "sisfall/",
                                   {imu, {0.001}, {"activity", "trial"}, "t_ms", "activity"});
    EXPECT_EQ(waist.size(), 758U);
    EXPECT_EQ(std::count_if(waist.begin(), waist.end(),
                            [](const Trial& t) { return t.label.front() == 'F'; }),
              270);
    const auto wrist = read_trials(manifest, "umafall_wrist/",
                                   {imu, {0.001}, {"kind", "activity", "trial"}, "t_ms", "kind"});
    EXPECT_EQ(wrist.size(), 583U);
    EXPECT_EQ(
        std::count_if(wrist.begin(), wrist.end(), [](const Trial& t) { return t.label == "FALL"; }),
        178);
}

}  // namespace
}  // namespace ganglion::train
