#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "model/tflite.hpp"
#include "paths.hpp"
#include "tests/shared.hpp"
#include "train/evaluate/motor_judgement.hpp"
#include "train/evaluate/word_judgement.hpp"
#include "train/report/card.hpp"
#include "train/synthesis/speech_demo.hpp"

namespace ganglion::train {
namespace {

const auto silent = [](size_t, size_t) {};

struct Shipped {
    explicit Shipped(const std::string& name)
        : folder(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / name),
          project(project::read(folder / "ganglion.toml")),
          device(project) {}

    nlohmann::json report() const {
        return nlohmann::json::parse(std::ifstream(folder / "report.json"));
    }
    std::string card() const {
        std::ifstream in(folder / "MODEL_CARD.md");
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    std::filesystem::path folder;
    project::Project project;
    DeviceRun device;
};

TEST(ShippedWakeWord, CardIsMadeFromTheReport) {
    const Shipped app("wake_word");
    EXPECT_EQ(app.card(), word_card(app.report()));
    EXPECT_EQ(app.report()["model"]["threshold_permille"], app.project.decision.threshold);
    EXPECT_EQ(app.report()["model"]["ram_bytes"], app.device.ram_bytes());
    EXPECT_EQ(app.report()["model"]["macs"], app.device.report().macs);
}

TEST(ShippedWakeWord, TestSplitGivesTheCardsNumbers) {
    GANGLION_NEEDS_SHARED("data/wake_word");
    const Shipped app("wake_word");
    const auto run = run_streams(
        app.device, clip_streams(tests::shared_dir() / "data", "test", "alexa"), silent);
    const auto result = judge(app.device, run, app.project.decision.threshold, 16000);
    EXPECT_EQ(app.report()["test"]["words"], result.words);
    EXPECT_EQ(app.report()["test"]["missed"], result.missed);
    EXPECT_EQ(app.report()["test"]["false_alarms"], result.false_alarms);
    EXPECT_NEAR(app.report()["test"]["hours"].get<double>(), result.hours, 1e-6);
    // Floors: what was reached, less a margin for another text-to-speech version in a new fit.
    EXPECT_LE(result.missed, 4U) << "of 32";
    EXPECT_LE(result.false_alarms, 4U) << "in 0.85 h";
}

TEST(ShippedWakeWord, HearsTheDemosSpeech) {
    if (!is_available(SpeechEngine::espeak_ng)) GTEST_SKIP() << "SKIPPED: needs espeak-ng";
    const Shipped app("wake_word");
    const auto demo = synthesize_speech_demo();
    const auto fired =
        app.device.firings(app.device.run(demo.samples), app.project.decision.threshold);
    size_t matched = 0;
    for (const auto& sentence : demo.sentences) {
        if (!sentence.has_word) continue;
        size_t hits = 0;
        for (const auto at : fired)
            hits += at >= sentence.word_begin && at < sentence.word_end + 8000 ? 1 : 0;
        EXPECT_EQ(hits, 1U) << sentence.voice << ": " << sentence.text;
        matched += hits;
    }
    EXPECT_EQ(matched, fired.size()) << "false alarms in sentences without the word";
}

// What the application must reach: docs and card say what it did reach.
TEST(ShippedMachine, FlagsEverySimulatedFault) {
    const Shipped app("machine");
    const auto result =
        judge(app.device, run_simulated(app.project, app.device, "test", 40, silent),
              app.project.decision.threshold, app.project.sensor.rate_hz);
    EXPECT_EQ(result.faults, 180U);
    EXPECT_EQ(result.missed, 0U);
    EXPECT_LE(result.false_alarms_per_hour(), 6);
}

TEST(ShippedMachine, FlagsEveryRecordedFaultWithinATenthOfASecond) {
    GANGLION_NEEDS_SHARED("data/vibration");
    const Shipped app("machine");
    EXPECT_LE(app.device.ram_bytes(), 8192U);
    const auto data = tests::shared_dir() / "data/vibration";
    const auto train = read_vibrations(app.project, data, "train");
    for (const char* split : {"val", "test"}) {
        const auto test = read_vibrations(app.project, data, split);
        const auto result =
            judge(app.device, run_recorded(app.project, app.device, train, test, test),
                  app.project.decision.threshold, app.project.sensor.rate_hz);
        EXPECT_EQ(result.faults, 20U);
        EXPECT_EQ(result.missed, 0U);
        EXPECT_EQ(result.false_alarms, 0U);
        EXPECT_LE(result.worst_delay_s(), 0.1);
        EXPECT_GE(result.roc_area, 0.99);
    }
}

TEST(ShippedMachine, StopsTheDemosMotorAfterTheFaultOnly) {
    const Shipped app("machine");
    MotorSettings settings;
    settings.unit_per_lsb = app.project.sensor.unit_per_lsb;
    const auto motor = simulate_motor(settings);
    const auto fired =
        app.device.firings(app.device.run(motor.samples), app.project.decision.threshold);
    ASSERT_FALSE(fired.empty());
    EXPECT_GE(fired[0], motor.first_faulty);
    EXPECT_LT(fired[0], motor.first_faulty + 3 * 12000U);
}

}  // namespace
}  // namespace ganglion::train
