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
    std::vector<Sound> speech;  ///< other words and running speech, first recorded, then synthetic
    std::vector<Sound> noise;   ///< everything else that is not the word
    double negative_seconds = 0;
    size_t recorded_speech = 0;  ///< so many of `speech`
    size_t recorded_positives = 0;
    size_t synthetic_positives = 0;
};

struct SpeechSources {
    bool recorded_word = true;  ///< recordings of the word itself
    bool synthetic = true;      ///< text-to-speech
};

/// Reads the recordings of `split` below `data` (find_recordings): label `word` is positive, all
/// else negative. Text-to-speech is by every installed engine: `word` in many voices,
/// sentences in several languages, and words that sound like it (near_words). Deterministic for
/// equal data and engines. `step(done, all)` reports progress.
SpeechCorpus collect_speech(const std::filesystem::path& data, const std::string& split,
                            const std::string& word, const SpeechSources& sources,
                            const std::function<void(size_t, size_t)>& step);

}  // namespace ganglion::train
