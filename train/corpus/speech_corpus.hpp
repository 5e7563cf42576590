#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "train/corpus/augment.hpp"
#include "train/synthesis/speech.hpp"

namespace ganglion::train {

/// One utterance of the wanted word; `word` is where it lies in `sound`.
struct Utterance {
    Sound sound;
    Extent word;
    std::string group;
    bool synthetic = false;
};

/// Everything a wake word is trained on, from one split.
struct SpeechCorpus {
    std::vector<Utterance> positives;
    std::vector<Sound> speech;  ///< other words and running speech, recorded and synthetic
    std::vector<Sound> noise;   ///< everything else that is not the word
    double negative_seconds = 0;
    size_t recorded_positives = 0;
    size_t synthetic_positives = 0;
};

/// Reads the recordings of `split` below `data` (find_recordings): label `word` is positive, all
/// else negative. `synthetic` adds text-to-speech by every installed engine: `word` in many voices,
/// sentences, and words that sound like it. Deterministic for equal data and engines. `step(done,
/// all)` reports progress.
SpeechCorpus collect_speech(const std::filesystem::path& data, const std::string& split,
                            const std::string& word, bool synthetic,
                            const std::function<void(size_t, size_t)>& step);

}  // namespace ganglion::train
