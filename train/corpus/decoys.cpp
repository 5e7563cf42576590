#include "train/corpus/decoys.hpp"

#include <algorithm>
#include <cmath>

#include "train/corpus/disturb.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kRateHz = 16000;

size_t samples_in(double seconds) {
    return static_cast<size_t>(seconds * kRateHz);
}

void append(Sound& sound, const Sound& piece) {
    sound.insert(sound.end(), piece.begin(), piece.end());
}

/// Silence, or other speech as loud.
void append_surroundings(Sound& sound, double level, const SpeechCorpus& corpus, Random& random) {
    if (corpus.speech.empty() || random.chance(0.4)) {
        sound.resize(sound.size() + samples_in(random.uniform(0.3, 0.8)), 0.0F);
        return;
    }
    append(sound, snippet(pick(corpus.speech, random), samples_in(random.uniform(0.15, 0.8)),
                          level * std::pow(10.0, random.uniform(-6, 4) / 20), random));
}

}  // namespace

Sound half_word(const Utterance& utterance, const SpeechCorpus& corpus, Random& random) {
    const size_t length = utterance.word.end - utterance.word.begin;
    const auto kept = static_cast<size_t>(static_cast<double>(length) * random.uniform(0.35, 0.5));
    const size_t begin = random.chance(0.5) ? utterance.word.begin : utterance.word.end - kept;
    const std::span<const float> half = std::span(utterance.sound).subspan(begin, kept);
    const double level = level_of(half);
    Sound sound(samples_in(0.5), 0.0F);
    append_surroundings(sound, level, corpus, random);
    append(sound, snippet(half, kept, level, random));
    append_surroundings(sound, level, corpus, random);
    sound.resize(sound.size() + samples_in(0.4), 0.0F);
    return sound;
}

Sound scrambled_speech(const SpeechCorpus& corpus, double seconds, Random& random) {
    Sound sound;
    if (corpus.speech.empty()) return sound;
    const std::span<const Sound> all(corpus.speech);
    const auto recorded = all.first(corpus.recorded_speech);
    while (sound.size() < samples_in(seconds)) {
        const auto from = !recorded.empty() && random.chance(0.75) ? recorded : all;
        auto piece = snippet(from[random.below(from.size())], samples_in(random.uniform(0.08, 0.4)),
                             log_uniform(random, 1000, 4000), random);
        if (random.chance(0.2)) std::reverse(piece.begin(), piece.end());
        append(sound, piece);
        if (random.chance(0.15)) sound.resize(sound.size() + samples_in(0.2), 0.0F);
    }
    return sound;
}

}  // namespace ganglion::train
