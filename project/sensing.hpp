#pragma once

#include <vector>

#include "project/kinds.hpp"
#include "project/project.hpp"
#include "project/toml_section.hpp"

namespace ganglion::project {

/// The numbers that a feature block or learner asks for.
Numbers read_numbers(TomlSection& section, const std::vector<Key>& keys);

/// [sensor].
Project::SensorInput read_sensor(TomlSection section);

/// [features] over what the sensor gives. Refuses more channels than the block takes.
Project::FeatureChoice read_features(TomlSection section, const Project::SensorInput& sensor);

/// [sound_gate] before the project's features, which must come at an even pace from one channel.
Project::SoundGate read_sound_gate(TomlSection section, const Project& project);

/// [scaling] of a frame of so many values.
Project::Scaling read_scaling(TomlSection section, uint32_t values);

}  // namespace ganglion::project
