#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/recordings/labelled.hpp"

namespace ganglion::train {

/// `labels` of the project by text-to-speech, in the voices that training may hear, for split train
/// alone: a label of words by a third of the formant voices, at changing tempo and pitch, and
/// several times by each of the few others; a label that never fires by words that sound like the
/// others (near_words) and by common ones. Deterministic for equal engines. `step(done, all)`
/// reports progress.
std::vector<LabelledRecording> spoken_words(const project::Project& project,
                                            const std::vector<std::string>& labels,
                                            const std::function<void(size_t, size_t)>& step);

}  // namespace ganglion::train
