#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/synthesis/random.hpp"

namespace ganglion::train {

/// Sound as floating point in int16 units, 16 kHz.
using Sound = std::vector<float>;

Sound to_sound(std::span<const int16_t> samples);
std::vector<int16_t> to_samples(const Sound& sound);

/// Root mean square; 0 for empty sound.
double level_of(std::span<const float> sound);

/// Faster and higher (factor > 1) or slower and deeper, as a tape would.
Sound change_speed(const Sound& sound, double factor);

/// Longer (factor < 1) or shorter at the same pitch: pieces of 30 ms laid over each other where
/// they fit best (Verhelst and Roelands, "An overlap-add technique based on waveform similarity",
/// 1993).
Sound change_tempo(const Sound& sound, double factor);

/// A random microphone: first-order tilt and one gentle resonance or notch.
void colour(Sound& sound, Random& random);

/// A random small room: a few dozen early reflections that decay within 50 to 300 ms.
Sound add_room(const Sound& sound, Random& random);

/// What a cheap converter or a telephone leaves: clipped tops, or 8-bit mu-law (ITU-T G.711).
void degrade(Sound& sound, Random& random);

/// `talkers` of `speech` at once from random places, each at equal level: a room full of people.
Sound babble(const std::vector<Sound>& speech, size_t talkers, size_t length, Random& random);

/// Adds `background` (repeated from a random place) so that `sound_level` stands `snr_db` above it.
void mix(Sound& sound, std::span<const float> background, double sound_level, double snr_db,
         Random& random);

}  // namespace ganglion::train
