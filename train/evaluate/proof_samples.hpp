#pragma once

#include <cstdint>
#include <vector>

#include "project/project.hpp"

namespace ganglion::train {

/// Raw samples that a bundle of this project proves itself with; the same on every machine.
/// Spectral features: quiet, then a chirp in noise. Other blocks, which make frames at their own
/// pace (a heart beat, a blow): a pulse each second in noise, as long as it takes. Long enough for
/// `inferences` decisions after `learn_frames` learned frames, and for project.proof_frames. Throws
/// std::runtime_error where the block makes no frames of it.
std::vector<int16_t> proof_samples(const project::Project& project, uint32_t inferences = 4,
                                   uint32_t learn_frames = 4);

}  // namespace ganglion::train
