#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "project/project.hpp"
#include "train/fit/progress.hpp"

namespace ganglion::train {

struct TrainOptions {
    std::filesystem::path
        data;  ///< folder with manifests (find_recordings); may be empty for a motor
    std::filesystem::path
        work_dir;                  ///< features are kept here between runs; empty: nothing is kept
    bool synthetic_speech = true;  ///< wake word: also train on text-to-speech
    bool recorded_word = true;     ///< wake word: false leaves out every recording of the word
                                   ///< itself, as if there were only text-to-speech
    bool keep_model = false;  ///< wake word: fits nothing, chooses the threshold of the model that
                              ///< is there and judges it
    std::optional<uint32_t> threshold;  ///< wake word, permille: not chosen on validation
    std::string device = "cpu";         ///< or "cuda" (choose_device)
    const StopFlag* stop = nullptr;     ///< set by Ctrl-C: keep what was reached and finish
};

/// What a fit leaves behind.
struct TrainResult {
    std::filesystem::path model;   ///< <project folder>/model.tflite, or as [model] file says
    std::filesystem::path card;    ///< MODEL_CARD.md beside ganglion.toml
    std::filesystem::path report;  ///< report.json beside ganglion.toml
    uint32_t threshold = 0;        ///< permille, also written into [decision] of ganglion.toml
    std::string summary;           ///< one line
};

/// From recordings to a judged model: collects, augments, fits, quantizes, chooses the threshold on
/// the validation split for [budget] alerts_per_hour, measures the test split, writes model,
/// threshold, card and report. kind "class" fits a wake word (the label in [decision] against
/// everything else), "reconstruction_error" an anomaly detector. Equal data, engines and project
/// give equal bytes. Throws std::runtime_error: what, where, what to do.
TrainResult fit(const project::Project& project, const TrainOptions& options,
                const ProgressCallback& progress);

}  // namespace ganglion::train
