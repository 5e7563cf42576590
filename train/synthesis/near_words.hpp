#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::train {

/// How espeak-ng says `text` in American English, in its own phoneme names without stress: "alexa"
/// is {"a#", "l", "E", "k", "s", "@"}. Throws std::runtime_error where espeak-ng is not installed.
std::vector<std::string> phonemes_of(std::string_view text);

/// `count` texts in espeak-ng's phoneme notation ("[[m@l'Eksi]]") that sound like `phonemes` and
/// are not: its first or last half among other syllables, or some sounds replaced by others of
/// their kind. At least a third of the sounds, and two, differ (Levenshtein's distance). The same
/// seed gives the same texts.
std::vector<std::string> near_words(const std::vector<std::string>& phonemes, size_t count,
                                    uint64_t seed);

/// How many sounds must be replaced, left out or put in to make `a` into `b` (Levenshtein 1966).
size_t sound_distance(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace ganglion::train
