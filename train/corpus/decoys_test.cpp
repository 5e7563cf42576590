#include "train/corpus/decoys.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ganglion::train {
namespace {

/// The word is a ramp from 1 to 8000, so that each sample tells where in the word it was.
Utterance ramp() {
    Utterance utterance;
    utterance.sound.assign(20000, 0.0F);
    utterance.word = {6000, 14000};
    for (size_t i = 0; i < 8000; ++i) utterance.sound[6000 + i] = static_cast<float>(i + 1);
    return utterance;
}

TEST(HalfWord, HoldsAtMostHalfOfTheWord) {
    const SpeechCorpus alone;
    size_t first_halves = 0;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        Random random(seed);
        const auto sound = half_word(ramp(), alone, random);
        size_t voiced = 0;
        float loudest = 0;
        for (const float s : sound) {
            voiced += s != 0 ? 1 : 0;
            loudest = std::max(loudest, s);
        }
        EXPECT_LE(voiced, 4000U);
        EXPECT_GE(voiced, 2700U);
        first_halves += loudest < 4500 ? 1 : 0;
    }
    EXPECT_GT(first_halves, 3U);
    EXPECT_LT(first_halves, 17U);
}

TEST(ScrambledSpeech, IsAsLongAsAskedAndOfTheSpeechThereIs) {
    SpeechCorpus corpus;
    Random random(2);
    EXPECT_TRUE(scrambled_speech(corpus, 2, random).empty());
    corpus.speech.push_back(Sound(30000, 700.0F));
    corpus.recorded_speech = 1;
    const auto sound = scrambled_speech(corpus, 2, random);
    EXPECT_GE(sound.size(), 32000U);
    EXPECT_LT(sound.size(), 32000U + 10000U);
    EXPECT_GT(level_of(sound), 500);
}

}  // namespace
}  // namespace ganglion::train
