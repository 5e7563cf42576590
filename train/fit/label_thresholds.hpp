#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "device/decide/decision.hpp"
#include "train/recordings/labelled.hpp"

namespace ganglion::train {

/// What a pipeline said over one recording: all outputs of each inference.
struct ScoredRecording {
    const LabelledRecording* recording = nullptr;
    std::vector<uint64_t> samples;              ///< per inference: the last sample it has seen
    std::vector<std::vector<uint16_t>> scores;  ///< per inference: permille by output
};

/// Whether a label means that there is nothing to tell ("silence", "nothing", "other", "unknown",
/// "normal", "background", "noise").
bool never_fires(std::string_view label);

/// How one label does at one threshold.
struct LabelPoint {
    uint64_t stretches = 0;  ///< of the label
    uint64_t found = 0;      ///< with a firing of it in them (or within `late` samples after)
    uint64_t false_firings = 0;
};

/// Firings of `label` alone at `threshold` (permille), by the device's own decision block.
LabelPoint judge_label(const DecisionParameters& parameters, uint64_t gap_samples, uint64_t late,
                       const std::vector<ScoredRecording>& scored, uint16_t label,
                       uint16_t threshold);

/// What thresholds are chosen for.
struct ThresholdGoals {
    double hours = 0;                        ///< of all recordings
    double per_hour = 1;                     ///< false firings of a label that may be
    std::map<std::string, double> missed{};  ///< label: share of its stretches that may be missed
};

/// For each label the lowest threshold (permille, steps of 10 from 300) whose false firings stay
/// within `per_hour` over `hours` of recordings; where none does, the one with the fewest.
/// Where the recordings are too short to tell such a rate (`per_hour` * `hours` below 3): the
/// highest at which no more than `missed` are missed, where that names the label; else the middle
/// of those with the best F1 of stretches found against false firings. Labels for which
/// never_fires() get 0.
std::vector<uint32_t> choose_label_thresholds(const DecisionParameters& parameters,
                                              uint64_t gap_samples, uint64_t late,
                                              const std::vector<ScoredRecording>& scored,
                                              const std::vector<std::string>& labels,
                                              const ThresholdGoals& goals);

}  // namespace ganglion::train
