#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "project/project.hpp"

namespace ganglion::project {

/// One key of a block or learner in ganglion.toml, and what may stand there.
struct Key {
    const char* name;
    double low;
    double high;
    std::optional<double> fallback;  ///< none: the key is required
    size_t most = 1;                 ///< numbers in a list; 1: a single number
};

/// A feature block as ganglion.toml knows it. A new one: a value of Features and a row in
/// feature_kinds.cpp (docs/applications.md).
struct FeatureRow {
    Features kind;
    const char* name;
    uint32_t most_channels;
    std::vector<Key> keys;
    /// Values of one frame.
    uint32_t (*frame_values)(const Project::SensorInput& sensor, const Numbers& parameters);
};
const std::vector<FeatureRow>& feature_rows();

/// The same for a learner: learner_kinds.cpp.
struct LearnerRow {
    LearnerChoice kind;
    const char* name;
    std::vector<Key> keys;
};
const std::vector<LearnerRow>& learner_rows();

}  // namespace ganglion::project
