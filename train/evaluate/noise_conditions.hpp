#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "train/evaluate/word_judgement.hpp"

namespace ganglion::train {

/// A word said while something else is heard.
struct NoiseCondition {
    std::string name;   ///< "kitchen 10 dB"
    std::string label;  ///< of the recordings of noise, in any split; "babble": six people talking
    double snr_db = 0;  ///< level of the word, where it lies, above the noise
};

/// Kitchen, babble and white noise at 20, 10, 5 and 0 dB.
std::vector<NoiseCondition> noise_conditions();

/// The recordings of the word in `split`, each once in this noise. Babble is made of that split's
/// other speech. Equal input gives equal samples. Empty where there is no such noise.
std::vector<ClipStream> noisy_streams(const std::filesystem::path& data, const std::string& split,
                                      const std::string& word, const NoiseCondition& condition);

}  // namespace ganglion::train
