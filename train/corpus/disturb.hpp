#pragma once

#include <span>

#include "train/corpus/speech_corpus.hpp"

namespace ganglion::train {

/// One of `sounds`; empty when there is none.
std::span<const float> pick(const std::vector<Sound>& sounds, Random& random);

/// Up to `length` samples of `sound` from a random place, brought to `level` (root mean square),
/// edges faded over 10 ms.
Sound snippet(std::span<const float> sound, size_t length, double level, Random& random);

/// Scales so that the loudest sample is `peak`.
void set_peak(Sound& sound, double peak);

/// Between low and high, evenly in the logarithm.
double log_uniform(Random& random, double low, double high);

/// A random microphone, room, background from `corpus` (0 to 28 dB below `level`), people talking,
/// converter and noise floor, each at random.
void add_surroundings(Sound& sound, double level, const SpeechCorpus& corpus, Random& random);

/// A random loudness, then add_surroundings at the sound's own level.
void disturb(Sound& sound, const SpeechCorpus& corpus, Random& random);

}  // namespace ganglion::train
