#pragma once

#include <cstdint>
#include <vector>

#include "device/features/feature_section.hpp"
#include "device/learn/learner.hpp"
#include "project/project.hpp"

namespace ganglion::compile {

/// The device's kind of a project's feature block, and the bytes that the block itself reads
/// (docs/bundle.md). A new block: a row in bundle_parameters.cpp.
FeatureKind feature_kind(const project::Project& project);
std::vector<uint8_t> feature_parameters(const project::Project& project);

/// The same for a learner; its scores.
LearnerKind learner_kind(const project::Project::Learner& learner);
uint32_t learner_outputs(const project::Project& project, const project::Project::Learner& learner);
std::vector<uint8_t> learner_parameters(const project::Project& project,
                                        const project::Project::Learner& learner);

/// Of the blocks for motion, riders and drivers (bundle_motion.cpp).
std::vector<uint8_t> impact_parameters(const project::Project& project);
std::vector<uint8_t> motion_parameters(const project::Project& project);
std::vector<uint8_t> stroke_parameters(const project::Project& project);
std::vector<uint8_t> levels_parameters(const project::Project& project);
std::vector<uint8_t> gradient_parameters(const project::Project& project);
std::vector<uint8_t> eye_parameters(const project::Project& project);
std::vector<uint8_t> prototype_parameters(const project::Project& project,
                                          const project::Project::Learner& learner);

/// Of log_mel and spectrum_bands: window and filter bank, computed here, once, in floating point.
std::vector<uint8_t> spectrum_parameters(const project::Project& project);

}  // namespace ganglion::compile
