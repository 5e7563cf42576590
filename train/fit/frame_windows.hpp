#pragma once

#include <functional>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/fit/windows.hpp"
#include "train/recordings/labelled.hpp"

namespace ganglion::train {

/// How many windows to take and how to make more of few recordings.
struct WindowPlan {
    std::string split;
    size_t copies = 1;       ///< of each recording: the first as recorded, the others disturbed
    size_t most_each = 400;  ///< windows of one copy, spread evenly
    uint64_t seed = 1;
};

/// Windows of the device's own frames, scaled as the device scales them, from the recordings of one
/// split. A window has the label of the stretch that holds its last sample and at least half of it,
/// or that is wholly inside. A sound's stretches are its loud ones (loud_stretches); one that is
/// short gets quiet around it. Of a sound that is nothing, three of four windows hold what is loud
/// in it: that is what something else might be taken for. Each copy shows other places.
/// Copies are disturbed as their sensor would be: sound by another speed, microphone, room,
/// loudness and noise (train/corpus), motion by rotation, speed, noise and lost samples.
/// Deterministic; uses all cores.
LabelledWindows frame_windows(const project::Project& project,
                              const std::vector<LabelledRecording>& recordings,
                              const WindowPlan& plan,
                              const std::function<void(size_t, size_t)>& step);

/// Raw frames (not scaled) of the recordings of one split, for choose_scaling().
std::vector<int16_t> raw_frames(const project::Project& project,
                                const std::vector<LabelledRecording>& recordings,
                                const std::string& split);

}  // namespace ganglion::train
