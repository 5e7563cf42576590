#include <gtest/gtest.h>

#include <map>

#include "paths.hpp"
#include "train/evaluate/all_stages.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/synthesis/random.hpp"

// Cascades: what a stage behind a gate decides is what it would decide had it always run.

namespace ganglion::train {
namespace {

project::Project shipped(const char* file) {
    return project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / file);
}

// Opens where it is loud.
project::Project::Gate loudness(uint32_t hold_ms) {
    project::Project::Gate gate;
    gate.learner = {.kind = project::LearnerChoice::distance,
                    .of_model = false,
                    .parameters = {{"learn_frames", {20}},
                                   {"adapt_shift", {16}},
                                   {"refuse", {300}},
                                   {"least_deviation", {32}},
                                   {"doublings", {6}}}};
    gate.decision.kind = project::DecisionRule::learner;
    gate.decision.labels = {"loud"};
    gate.decision.threshold = 300;
    gate.hold_ms = hold_ms;
    return gate;
}

// Quiet with loud stretches of 30 ms to half a second in it.
std::vector<int16_t> bursts() {
    Random random(4);
    std::vector<int16_t> samples;
    const auto add = [&](size_t count, double loudness) {
        for (size_t i = 0; i < count; ++i)
            samples.push_back(static_cast<int16_t>(loudness * random.normal()));
    };
    add(30000, 100);
    for (int i = 0; i < 12; ++i) {
        add(500 + random.below(8000), 4000);
        add(800 + random.below(40000), 100);
    }
    return samples;
}

using Scores = std::map<uint64_t, std::vector<uint16_t>>;  // by the inference's last sample

Scores scores_of(const DecidedStream& stream, uint32_t stage) {
    Scores scores;
    for (size_t i = 0; i < stream.decisions.size(); ++i)
        if (stream.decisions[i].stage == stage)
            scores[stream.decisions[i].sample] = stream.scores[i];
    return scores;
}

// Every inference behind the gate has the scores of the same inference without one.
void expect_part_of(const Scores& gated, const Scores& always) {
    EXPECT_GT(gated.size(), 20U);
    EXPECT_LT(gated.size() * 5, always.size() * 4);
    for (const auto& [sample, scores] : gated) {
        const auto same = always.find(sample);
        ASSERT_NE(same, always.end()) << sample;
        EXPECT_EQ(scores, same->second) << sample;
    }
}

TEST(Cascade, AStreamingProgramBehindAGateKnowsWhatItMissed) {
    auto project = shipped("wake_word/ganglion.toml");
    const auto samples = bursts();
    for (const uint32_t stride : {2U, 4U}) {
        for (const uint32_t hold_ms : {20U, 100U, 1000U}) {
            SCOPED_TRACE(std::to_string(stride) + " frames, held " + std::to_string(hold_ms));
            project.features.stride = stride;
            project.gates = {loudness(hold_ms)};
            const auto gated = DeviceRun(project).decide(samples);
            const auto always = DeviceRun(all_stages_always(project)).decide(samples);
            expect_part_of(scores_of(gated, 1), scores_of(always, 1));

            // The average too, once the gate has been open for as many inferences.
            std::map<uint64_t, uint16_t> averages;
            for (const Decision& decision : always.decisions)
                if (decision.stage == 1) averages[decision.sample] = decision.score_permille;
            uint64_t before = 0;
            uint32_t in_a_row = 0;
            size_t compared = 0;
            for (const Decision& decision : gated.decisions) {
                if (decision.stage != 1) continue;
                const bool next = decision.sample - before == uint64_t{stride} * 320;
                in_a_row = next ? in_a_row + 1 : 1;
                before = decision.sample;
                if (in_a_row < project.decision.average) continue;
                EXPECT_EQ(decision.score_permille, averages.at(decision.sample));
                ++compared;
            }
            if (hold_ms == 1000) {
                EXPECT_GT(compared, 50U);
            }
        }
    }
}

TEST(Cascade, ThreeStagesWithAStreamingProgramInTheMiddle) {
    auto project = shipped("wake_word/ganglion.toml");
    auto words = project;
    project::Project::Gate word;
    word.model_file = project.model_file;
    word.streaming = true;
    word.frames = 49;
    word.stride = 2;
    word.hold_ms = 300;
    word.decision = project.decision;
    word.decision.label = 0;  // "other": heard in noise
    word.decision.threshold = 900;
    word.decision.average = 1;
    words.gates = {loudness(400), word};
    words.streaming = false;
    words.features.stride = 5;
    words.budget = {};  // two models in place of one
    const auto samples = bursts();
    const auto gated = DeviceRun(words).decide(samples);
    const auto always = DeviceRun(all_stages_always(words)).decide(samples);
    expect_part_of(scores_of(gated, 1), scores_of(always, 1));
    expect_part_of(scores_of(gated, 2), scores_of(always, 2));
}

TEST(Cascade, AGateForOneAnswerClosesWithIt) {
    auto project = shipped("wake_word/ganglion.toml");
    project.decision.label = 0;  // "other": heard in noise
    project.decision.threshold = 900;
    project.decision.average = 1;
    project.decision.minimum_gap_ms = 0;
    project.gates = {loudness(1000)};
    const auto samples = bursts();
    const DecidedStream held = DeviceRun(project).decide(samples);
    project.gates[0].once = true;
    const DecidedStream once = DeviceRun(project).decide(samples);
    bool is_open = false;
    size_t answers = 0;
    for (const Decision& decision : once.decisions) {
        if (decision.stage == 0) {
            is_open |= decision.above;
            continue;
        }
        EXPECT_TRUE(is_open) << decision.sample;
        if (!decision.fired) continue;
        is_open = false;
        ++answers;
    }
    EXPECT_GT(answers, 5U);
    EXPECT_LT(scores_of(once, 1).size(), scores_of(held, 1).size());
}

}  // namespace
}  // namespace ganglion::train
