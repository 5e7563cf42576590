#include "train/corpus/spoken_words.hpp"

#include <gtest/gtest.h>

#include <set>

#include "paths.hpp"
#include "train/synthesis/speech.hpp"

namespace ganglion::train {
namespace {

project::Project commands() {
    auto project = project::read(std::filesystem::path(GANGLION_SOURCE_DIR) / "apps" / "doorbell" /
                                 "ganglion.toml");
    project.decision.labels = {"silence", "unknown", "yes", "go", "stop"};
    return project;
}

TEST(SpokenWords, NobodySpeaksWhereNoLabelIsNamed) {
    EXPECT_TRUE(spoken_words(commands(), {}, [](size_t, size_t) {}).empty());
}

TEST(SpokenWords, AreTheLabelInManyVoicesForTrainingAlone) {
    if (!is_available(SpeechEngine::espeak_ng)) GTEST_SKIP() << "SKIPPED: needs espeak-ng";
    const auto project = commands();
    const auto words = spoken_words(project, {"go"}, [](size_t, size_t) {});
    EXPECT_GT(words.size(), 100U);
    std::set<std::string> voices;
    for (const auto& word : words) {
        EXPECT_EQ(word.split, "train");
        EXPECT_TRUE(word.spoken);
        ASSERT_EQ(word.stretches.size(), 1U);
        EXPECT_EQ(project.decision.labels.at(word.stretches[0].label), "go");
        EXPECT_EQ(word.stretches[0].end, word.samples.size());
        voices.insert(word.group);
    }
    EXPECT_GT(voices.size(), 100U);
    for (const Voice& voice : judging_voices()) {
        if (voice.engine != SpeechEngine::espeak_ng) continue;
        EXPECT_FALSE(voices.contains("spoken " + to_string(voice))) << "is for judging";
    }
}

TEST(SpokenWords, WhatNeverFiresIsOtherWords) {
    if (!is_available(SpeechEngine::espeak_ng)) GTEST_SKIP() << "SKIPPED: needs espeak-ng";
    std::set<std::string> texts;
    for (const auto& word : spoken_words(commands(), {"unknown"}, [](size_t, size_t) {}))
        texts.insert(word.name.substr(word.name.rfind(' ') + 1));
    EXPECT_GT(texts.size(), 100U);
    for (const char* label : {"unknown", "yes", "go", "stop"}) EXPECT_FALSE(texts.contains(label));
}

}  // namespace
}  // namespace ganglion::train
