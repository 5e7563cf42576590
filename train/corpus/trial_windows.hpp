#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "project/project.hpp"
#include "train/evaluate/trial_judgement.hpp"
#include "train/fit/scaling.hpp"
#include "train/fit/windows.hpp"

namespace ganglion::train {

/// Raw frames of trials with what each is: 0 nothing, 1 to be found.
struct TrialFrames {
    uint32_t values = 0;
    std::vector<int16_t> raw;  ///< frame after frame
    std::vector<uint16_t> labels;
    std::vector<uint32_t> groups;
};

/// The device's features over the trials of one split. Of a positive trial with `rules.peak` only
/// the frame with the greatest such value is kept, as positive: what surrounds an event is neither.
/// At most `most` frames a trial, evenly spread, so that long trials do not outweigh short ones.
TrialFrames trial_frames(const project::Project& project, const TrialRules& rules,
                         const std::vector<Trial>& trials, std::string_view split, size_t most);

/// The same, scaled to the model's int8.
LabelledWindows scaled_windows(const TrialFrames& frames, const std::vector<ValueScaling>& scaling);

}  // namespace ganglion::train
