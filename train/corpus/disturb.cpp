#include "train/corpus/disturb.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::train {

std::span<const float> pick(const std::vector<Sound>& sounds, Random& random) {
    if (sounds.empty()) return {};
    return sounds[random.below(sounds.size())];
}

Sound snippet(std::span<const float> sound, size_t length, double level, Random& random) {
    length = std::min(length, sound.size());
    const size_t at = random.below(sound.size() - length + 1);
    Sound piece(sound.begin() + static_cast<ptrdiff_t>(at),
                sound.begin() + static_cast<ptrdiff_t>(at + length));
    const double own = level_of(piece);
    const auto gain = static_cast<float>(own > 1 ? level / own : 0);
    const size_t fade = std::min<size_t>(160, length / 2);
    for (size_t i = 0; i < length; ++i) {
        const size_t edge = std::min(i, length - 1 - i);
        piece[i] *=
            gain * (edge < fade ? static_cast<float>(edge) / static_cast<float>(fade) : 1.0F);
    }
    return piece;
}

void set_peak(Sound& sound, double peak) {
    float loudest = 1;
    for (const float s : sound) loudest = std::max(loudest, std::fabs(s));
    const auto gain = static_cast<float>(peak / loudest);
    for (auto& s : sound) s *= gain;
}

double log_uniform(Random& random, double low, double high) {
    return std::exp(random.uniform(std::log(low), std::log(high)));
}

void add_surroundings(Sound& sound, double level, const SpeechCorpus& corpus, Random& random) {
    if (random.chance(0.7)) colour(sound, random);
    if (random.chance(0.4)) sound = add_room(sound, random);
    if (random.chance(0.6))
        mix(sound, pick(corpus.noise, random), level, random.uniform(0, 28), random);
    if (random.chance(0.12))
        mix(sound, pick(corpus.speech, random), level, random.uniform(8, 25), random);
    if (random.chance(0.2)) {
        const Sound people = babble(corpus.speech, 3 + random.below(6), sound.size(), random);
        mix(sound, people, level, random.uniform(2, 24), random);
    }
    if (random.chance(0.1)) degrade(sound, random);
    // Every microphone has a noise floor; without one, silence would give it away that a sound was
    // pasted.
    const double floor = log_uniform(random, 0.5, 40);
    if (random.chance(0.8)) {
        for (auto& s : sound) s += static_cast<float>(floor * random.normal());
    }
}

void disturb(Sound& sound, const SpeechCorpus& corpus, Random& random) {
    set_peak(sound, log_uniform(random, 500, 32000));
    add_surroundings(sound, level_of(sound), corpus, random);
}

}  // namespace ganglion::train
