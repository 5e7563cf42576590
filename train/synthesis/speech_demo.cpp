#include "train/synthesis/speech_demo.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <stdexcept>

#include "train/synthesis/random.hpp"
#include "train/synthesis/speech.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kRateHz = 16000;

struct Line {
    const char* text;
    bool has_word;
};

constexpr std::array kLines{
    Line{"what time is it", true},
    Line{"the weather is fine today", false},
    Line{"turn on the light", true},
    Line{"please close the door behind you", false},
    Line{"play some music", true},
    Line{"we will leave at seven o'clock", false},
    Line{"stop", true},
    Line{"he left the office early", false},
};

/// A few voices of each engine, so that consecutive sentences come from different engines.
std::vector<Voice> demo_voices() {
    std::vector<Voice> voices;
    if (is_available(SpeechEngine::flite)) voices.push_back({SpeechEngine::flite, "slt"});
    if (is_available(SpeechEngine::espeak_ng))
        voices.push_back({SpeechEngine::espeak_ng, "en-us+m3"});
    if (is_available(SpeechEngine::festival))
        voices.push_back({SpeechEngine::festival, "kal_diphone"});
    if (is_available(SpeechEngine::flite)) voices.push_back({SpeechEngine::flite, "rms"});
    if (is_available(SpeechEngine::espeak_ng))
        voices.push_back({SpeechEngine::espeak_ng, "en-gb+f2"});
    return voices;
}

/// Brings the loudest sample to `peak`, so that no engine is much louder than another.
void level(std::vector<int16_t>& sound, double peak) {
    int loudest = 1;
    for (const int16_t s : sound) loudest = std::max(loudest, std::abs(static_cast<int>(s)));
    for (auto& s : sound) s = static_cast<int16_t>(std::lrint(s * peak / loudest));
}

}  // namespace

SpeechDemo synthesize_speech_demo(uint64_t seed) {
    const auto voices = demo_voices();
    if (voices.empty()) {
        throw std::runtime_error(
            "no text-to-speech engine is installed; install espeak-ng, flite or festival");
    }
    Random random(seed);
    SpeechDemo demo;
    const auto quiet = [&](double seconds) {
        demo.samples.resize(demo.samples.size() + static_cast<size_t>(seconds * kRateHz), 0);
    };
    const auto say = [&](const char* text, const Voice& voice) {
        auto sound = speak_trimmed(text, voice);
        level(sound, 12000);
        demo.samples.insert(demo.samples.end(), sound.begin(), sound.end());
    };
    quiet(1.0);
    for (size_t i = 0; i < kLines.size(); ++i) {
        const Voice& voice = voices[i % voices.size()];
        DemoSentence sentence;
        sentence.text =
            kLines[i].has_word ? std::string("alexa, ") + kLines[i].text : kLines[i].text;
        sentence.voice = to_string(voice);
        sentence.begin = demo.samples.size();
        sentence.has_word = kLines[i].has_word;
        if (sentence.has_word) {
            sentence.word_begin = sentence.begin;
            say("alexa", voice);
            sentence.word_end = demo.samples.size();
            quiet(random.uniform(0.1, 0.25));
        }
        say(kLines[i].text, voice);
        sentence.end = demo.samples.size();
        demo.sentences.push_back(sentence);
        quiet(random.uniform(0.9, 1.5));
    }
    for (auto& s : demo.samples) {
        s = static_cast<int16_t>(std::clamp(s + std::lrint(12 * random.normal()), -32768L, 32767L));
    }
    return demo;
}

}  // namespace ganglion::train
