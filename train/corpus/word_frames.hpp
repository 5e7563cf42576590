#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "project/project.hpp"
#include "train/corpus/speech_corpus.hpp"

namespace ganglion::train {

/// Feature frames of one sound, exactly as the device computes them, and where the word is among
/// them.
struct Track {
    std::vector<int8_t> values;  ///< frame after frame
    int32_t frames = 0;
    int32_t word_begin = -1;  ///< first frame that touches the word; -1: no word
    int32_t word_end = -1;    ///< last frame that lies within the word
};

struct WordFrames {
    std::vector<Track> positives;
    std::vector<Track> negatives;
};

struct AugmentPlan {
    size_t recorded_copies = 64;    ///< of each recorded positive
    size_t synthetic_copies = 6;    ///< of each spoken one
    size_t speech_copies = 6;       ///< of other words and running speech; the first as recorded
    size_t noise_copies = 3;        ///< of all else; the first as recorded
    size_t half_words = 10;         ///< of each recorded positive, as negatives (half_word)
    size_t scrambled_minutes = 40;  ///< of scrambled_speech, at most as long as the speech
    /// Of the copies; 1: as recorded. Slow speakers need slow copies, fast words lose by them.
    double slowest_tempo = 0.65;
    uint64_t seed = 1;
};

/// Augments on the waveform (speed, other speech around the word, microphone, room, noise,
/// loudness), adds decoys and runs the device's features over the result. Deterministic; uses all
/// cores. `step(done, all)` reports progress.
WordFrames make_word_frames(const project::Project& project, const SpeechCorpus& corpus,
                            const AugmentPlan& plan,
                            const std::function<void(size_t, size_t)>& step);

}  // namespace ganglion::train
