#include "train/evaluate/device_run.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "model/tflite.hpp"
#include "paths.hpp"
#include "train/evaluate/motor_judgement.hpp"
#include "train/evaluate/proof_samples.hpp"
#include "train/evaluate/word_judgement.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

project::Project shipped(const char* name) {
    return project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / name /
                         "ganglion.toml");
}

class Devices : public testing::TestWithParam<const char*> {};

TEST_P(Devices, RunIsRepeatableAndFiringsFollowTheThreshold) {
    const auto project = shipped(GetParam());
    const DeviceRun device(project, model::read_tflite_file(project.model_file));
    EXPECT_LE(device.ram_bytes(), project.budget.ram_bytes.value());
    EXPECT_LE(device.bundle_bytes(), project.budget.flash_bytes.value());
    const auto samples = proof_samples(project, 20, project.running_normal_frames);
    const auto once = device.run(samples);
    const auto again = device.run(samples);
    EXPECT_EQ(once.scores.size(), 20U);
    EXPECT_EQ(once.scores, again.scores);
    EXPECT_EQ(once.samples, again.samples);
    EXPECT_EQ(once.length, samples.size());
    EXPECT_GE(device.firings(once, 1).size(), device.firings(once, 1000).size());
    EXPECT_EQ(device.averages(once).size(), once.scores.size());
}

INSTANTIATE_TEST_SUITE_P(Shipped, Devices, testing::Values("wake_word"),
                         [](const auto& test) { return std::string(test.param); });

/// A small network over time with random weights.
model::Graph over_time(const project::Project& project) {
    Random random(3);
    FoldedNetwork network{"test",
                          static_cast<int32_t>(project.features.frames),
                          static_cast<int32_t>(project.frame_values()),
                          1.0F / 32,
                          {},
                          true};
    const auto add = [&](LayerKind kind, int32_t in, int32_t out, int32_t kernel, int32_t stride,
                         bool relu) {
        FoldedLayer layer{kind, in, out, kernel, stride, relu, {}, {}};
        const int32_t taps = kind == LayerKind::depthwise ? kernel : in * kernel;
        const int32_t count = taps * out;
        for (int32_t i = 0; i < count; ++i)
            layer.weights.push_back(
                static_cast<float>(1.5 / std::sqrt(static_cast<double>(taps)) * random.normal()));
        layer.bias.assign(static_cast<size_t>(out), 0.1F);
        network.layers.push_back(layer);
    };
    const auto values = static_cast<int32_t>(project.frame_values());
    add(LayerKind::convolution, values, 16, 3, 2, true);
    add(LayerKind::depthwise, 16, 16, 9, 1, true);
    add(LayerKind::convolution, 16, 16, 1, 1, true);
    add(LayerKind::depthwise, 16, 16, 16, 1, true);
    add(LayerKind::dense, 16, 2, 1, 1, false);
    std::vector<int8_t> windows;
    for (size_t i = 0; i < 20 * project.features.frames * project.frame_values(); ++i)
        windows.push_back(static_cast<int8_t>(static_cast<int>(random.below(120)) - 60));
    calibrate(network, windows);
    return to_graph(network);
}

TEST(Streaming, DecidesWithTheBitsOfWholeWindows) {
    auto project = shipped("wake_word");
    for (const uint32_t stride : {2U, 4U}) {
        project.features.stride = stride;
        project.streaming = false;
        const DeviceRun whole(project, over_time(project));
        project.streaming = true;
        const DeviceRun streamed(project, over_time(project));
        Random random(4);
        std::vector<int16_t> samples;
        for (size_t i = 0; i < 60000; ++i)
            samples.push_back(
                static_cast<int16_t>((i / 3000 % 2 == 0 ? 100 : 4000) * random.normal()));
        const auto a = whole.run(samples);
        const auto b = streamed.run(samples);
        EXPECT_GT(a.scores.size(), 30U);
        EXPECT_EQ(a.samples, b.samples);
        EXPECT_EQ(a.scores, b.scores);
        EXPECT_GT(std::set(a.scores.begin(), a.scores.end()).size(), 5U);
        EXPECT_LT(streamed.report().macs * 3, whole.report().macs);
    }
}

/// A stream whose scores are given, so that judging can be checked by hand.
RunStreams scored_stream(const std::vector<std::pair<uint64_t, uint16_t>>& scores) {
    RunStreams run;
    run.streams.emplace_back();
    run.streams[0].samples.assign(160000, 0);
    run.streams[0].clips = {{16000, 48000, true, "alexa", "first", "a"},
                            {56000, 88000, false, "computer", "second", "b"},
                            {96000, 128000, true, "alexa", "third", "c"}};
    run.scored.emplace_back();
    run.scored[0].length = 160000;
    for (const auto& [sample, score] : scores) {
        run.scored[0].samples.push_back(sample);
        run.scored[0].scores.push_back(score);
    }
    return run;
}

TEST(WordJudgementTest, CountsByHand) {
    auto project = shipped("wake_word");
    project.decision.average = 1;
    project.decision.consecutive = 1;
    project.decision.minimum_gap_ms = 100;
    const DeviceRun device(project, model::read_tflite_file(project.model_file));
    // Heard in the quiet behind the first word; a false alarm in the second clip; the third stays
    // unheard, and one more false alarm before the first clip.
    const auto run = scored_stream({{8000, 900},
                                    {10000, 0},
                                    {50000, 900},
                                    {52000, 0},
                                    {70000, 800},
                                    {72000, 0},
                                    {100000, 300}});
    const auto result = judge(device, run, 700, 16000);
    EXPECT_EQ(result.words, 2U);
    EXPECT_EQ(result.missed, 1U);
    EXPECT_EQ(result.missed_names, std::vector<std::string>{"third"});
    EXPECT_EQ(result.false_alarms, 2U);
    EXPECT_EQ(result.false_alarm_labels.at("computer"), 1U);
    EXPECT_NEAR(result.hours, (160000.0 - 2 * 40000) / 16000 / 3600, 1e-9);
    EXPECT_EQ(judge(device, run, 250, 16000).missed, 0U);
    EXPECT_EQ(judge(device, run, 950, 16000).missed, 2U);
    const auto threshold =
        choose_threshold([&](uint32_t t) { return judge(device, run, t, 16000); }, 0);
    EXPECT_EQ(threshold, 905U);
}

TEST(MotorJudgementTest, CountsByHand) {
    auto project = shipped("machine");
    project.decision.average = 1;
    project.decision.consecutive = 1;
    project.decision.minimum_gap_ms = 0;
    const DeviceRun device(project);
    MotorRun run;
    run.name = "one";
    run.scored = {{1000, 2000, 13000, 14000, 37000, 38000}, {900, 0, 900, 0, 600, 0}, 48000};
    run.first_judged = 12000;
    run.first_faulty = 36000;
    const auto result = judge(device, {run}, 500, 12000);
    EXPECT_EQ(result.faults, 1U);
    EXPECT_EQ(result.missed, 0U);
    EXPECT_EQ(result.false_alarms, 1U) << "the firing while learning does not count";
    EXPECT_NEAR(result.healthy_hours, 2.0 / 3600, 1e-12);
    EXPECT_NEAR(result.median_delay_s(), 1000.0 / 12000, 1e-9);
    EXPECT_NEAR(result.roc_area, 0.375, 1e-9) << "faulty 600, 0 against normal 900, 0";
    EXPECT_EQ(judge(device, {run}, 700, 12000).missed, 1U);
}

}  // namespace
}  // namespace ganglion::train
