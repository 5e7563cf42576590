#include "train/synthesis/speech.hpp"

#include <gtest/gtest.h>

#include <set>

#include "train/synthesis/speech_demo.hpp"

namespace ganglion::train {
namespace {

#define NEEDS_ENGINE(engine)   \
    if (!is_available(engine)) \
    GTEST_SKIP() << "SKIPPED: needs " << to_string(Voice{engine, ""}) << " (see packages.txt)"

void speaks_and_repeats(const Voice& voice) {
    const auto once = speak_trimmed("alexa", voice);
    EXPECT_GT(once.size(), 16000U * 3 / 10) << to_string(voice);
    EXPECT_LT(once.size(), 16000U * 2) << to_string(voice);
    EXPECT_EQ(once, speak_trimmed("alexa", voice)) << to_string(voice);
    Voice slower = voice;
    slower.tempo = 0.7;
    EXPECT_GT(speak_trimmed("turn on the light", slower).size(),
              speak_trimmed("turn on the light", voice).size());
}

TEST(Speech, EspeakIsDeterministic) {
    NEEDS_ENGINE(SpeechEngine::espeak_ng);
    speaks_and_repeats({SpeechEngine::espeak_ng, "en-gb+f2"});
}

TEST(Speech, FliteIsDeterministic) {
    NEEDS_ENGINE(SpeechEngine::flite);
    speaks_and_repeats({SpeechEngine::flite, "slt"});
}

TEST(Speech, FestivalIsDeterministic) {
    NEEDS_ENGINE(SpeechEngine::festival);
    speaks_and_repeats({SpeechEngine::festival, "kal_diphone"});
}

/// Every voice that training draws from is there: a missing package must not show only by chance.
TEST(Speech, EveryVoiceSpeaks) {
    for (const Voice& voice : english_voices()) {
        if (voice.engine == SpeechEngine::espeak_ng && voice.name.find("en-gb+") != 0) continue;
        EXPECT_FALSE(speak("alexa", voice).empty()) << to_string(voice);
    }
}

TEST(Speech, AVoiceThatIsNotThereIsNamed) {
    NEEDS_ENGINE(SpeechEngine::festival);
    try {
        (void)speak("alexa", {SpeechEngine::festival, "no_such_voice"});
        FAIL() << "it spoke";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("no_such_voice"), std::string::npos);
    }
}

TEST(Speech, TrainingAndJudgingVoicesOfEspeakDoNotMeet) {
    std::set<std::string> heard;
    for (const auto& voice : training_voices()) {
        if (voice.engine == SpeechEngine::espeak_ng) heard.insert(voice.name);
    }
    for (const auto& voice : judging_voices()) {
        if (voice.engine == SpeechEngine::espeak_ng) {
            EXPECT_FALSE(heard.contains(voice.name)) << voice.name;
        }
    }
}

TEST(LoudExtent, FindsTheToneInQuiet) {
    std::vector<int16_t> samples(16000, 3);
    for (size_t i = 4000; i < 8000; ++i)
        samples[i] = static_cast<int16_t>(i % 16 < 8 ? 8000 : -8000);
    const auto extent = loud_extent(samples, 16000);
    EXPECT_EQ(extent.begin, 4000U);
    EXPECT_EQ(extent.end, 8000U);
    EXPECT_EQ(loud_extent(std::vector<int16_t>(1600, 0), 16000).end, 0U);
    EXPECT_EQ(loud_extent({}, 16000).end, 0U);
}

TEST(SpeechDemo, TruthLiesWhereTheWordIs) {
    NEEDS_ENGINE(SpeechEngine::espeak_ng);
    const auto demo = synthesize_speech_demo();
    EXPECT_EQ(demo.samples, synthesize_speech_demo().samples);
    const double seconds = static_cast<double>(demo.samples.size()) / demo.rate_hz;
    EXPECT_GT(seconds, 15);
    EXPECT_LT(seconds, 30);
    size_t with = 0;
    size_t last = 0;
    for (const auto& sentence : demo.sentences) {
        EXPECT_GE(sentence.begin, last);
        EXPECT_LE(sentence.end, demo.samples.size());
        last = sentence.end;
        if (!sentence.has_word) continue;
        ++with;
        EXPECT_GE(sentence.word_begin, sentence.begin);
        EXPECT_LT(sentence.word_end, sentence.end);
        const auto word =
            std::span(demo.samples)
                .subspan(sentence.word_begin, sentence.word_end - sentence.word_begin);
        const auto extent = loud_extent(word, demo.rate_hz);
        EXPECT_LT(extent.begin, word.size() / 4) << sentence.voice;
        EXPECT_GT(extent.end, word.size() / 2) << sentence.voice;
    }
    EXPECT_GE(with, 3U);
    EXPECT_GE(demo.sentences.size() - with, 3U);
}

}  // namespace
}  // namespace ganglion::train
