#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/fit/frame_windows.hpp"
#include "train/recordings/labelled.hpp"

namespace ganglion::train {

/// What the window of samples [first, last] is, in a recording of one word or more among `labels`:
/// a label that may fire, where nine tenths of its stretch are seen or the stretch holds the last
/// sample and half of the window; what never fires, where three tenths of its stretch or of the
/// window are; `partial`, where 15 to 50 % of something that may fire are seen and nothing else;
/// `quiet`, where no stretch is seen at all. kNoLabel for all between. `partial` and `quiet` may be
/// kNoLabel themselves.
int16_t moment_label(std::span<const Stretch> stretches, const std::vector<std::string>& labels,
                     int16_t partial, int16_t quiet, uint64_t first, uint64_t last);

/// Every moment of the recordings of one split and of their disturbed copies (`plan.most_each` does
/// not count). Short recordings hold one word (word_extent()) and get quiet around it; in longer
/// ones what is loud is what the label says (loud_stretches()). A word that is heard in part alone
/// is "unknown" or "other", and what lies around sounds is "silence" or "nothing", where the
/// project has such labels. Sound alone. Deterministic; uses all cores.
std::vector<LabelledTrack> labelled_tracks(const project::Project& project,
                                           const std::vector<LabelledRecording>& recordings,
                                           const WindowPlan& plan,
                                           const std::function<void(size_t, size_t)>& step);

}  // namespace ganglion::train
