#pragma once

#include <string>

#include "train/corpus/word_frames.hpp"
#include "train/fit/fit.hpp"

namespace ganglion::train {

/// Frames of everything that a wake word is fitted on.
struct WordCorpus {
    WordFrames frames;
    std::string trained_on;  ///< for the card
};

/// Reads, speaks, disturbs and computes features; or takes them from `options.work_dir`, where they
/// are kept under everything they depend on. Throws std::runtime_error: what is missing, or that
/// Ctrl-C came first.
WordCorpus collect_word_corpus(const project::Project& project, const TrainOptions& options,
                               const ProgressCallback& progress, const StopFlag& stop);

}  // namespace ganglion::train
