#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "project/project.hpp"

namespace ganglion::train {

/// A part of a recording in which one thing is so.
struct Stretch {
    uint64_t begin = 0;  ///< samples per channel
    uint64_t end = 0;    ///< one past the last
    uint16_t label = 0;  ///< index into the project's labels
};

/// What a classifier is fitted on and judged by: the sensor's samples and what they are.
struct LabelledRecording {
    std::string name;
    std::string group;  ///< person, machine or source
    std::string split;
    std::vector<int16_t> samples;  ///< interleaved, at the sensor's rate
    std::vector<Stretch> stretches;
    bool spoken = false;  ///< by text-to-speech, in many voices: no copy is as it was made
    bool made = false;    ///< a sound that the project makes itself
};

/// Where a recording read from one file is one thing as a whole.
struct LabelledSet {
    std::vector<LabelledRecording> recordings;
    std::vector<std::string> warnings;  ///< bad files, duplicates over splits
    std::string summary;                ///< recordings and independent groups by split
};

/// Reads the manifests in the folders of [training] data below `data` (find_recordings: columns
/// file, label, group, split; sound or CSV as the sensor is), those of split test in judge.data
/// alone. A row counts as what [training] labels says of its label, or of its `role`; else as the
/// project's label of that name; else as "other", "unknown" or "nothing" where the project has one,
/// and is passed over where not. CSV: sensor.columns in sensor.unit, or the first columns. Bad
/// files are named in `warnings` and left out. Throws std::runtime_error when nothing fits, and
/// when a group stands in two splits though no [judge] split_by says that the split lies inside
/// groups.
LabelledSet read_labelled(const project::Project& project, const std::filesystem::path& data);

}  // namespace ganglion::train
