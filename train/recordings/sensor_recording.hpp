#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "project/project.hpp"
#include "train/recordings/manifest.hpp"

namespace ganglion::train {

/// A recording as the project's sensor would have given it: interleaved int16 samples.
///
/// Sound (.wav, .flac) for a microphone, else a CSV (or .csv.gz) with sensor.columns, each divided
/// by its unit_per_lsb and clipped to int16. A recording of another rate (the manifest's column
/// rate_hz) is resampled. Throws std::runtime_error with file, what is wrong and what to do.
std::vector<int16_t> read_sensor_recording(const project::Project& project,
                                           const Recording& recording);

/// Puts a window of silence before and after a sound, so that the pipeline sees all of a clip that
/// is shorter than its window, and a decision that comes late is not lost. Gives the samples put
/// before it. Other sensors' samples stay as they are: 0.
size_t put_in_quiet(const project::Project& project, std::vector<int16_t>& samples);

/// Whether a recording belongs to the set of its manifest that [judge] names (set = "cwru"), where
/// it names one.
bool of_judged_set(const project::Project& project, const Recording& recording);

/// The recordings of `split` that a project's sensor can have made, in the order of the manifests:
/// those of `folder` (judge.data, or all below `data` where it is empty or `data` itself has a
/// manifest).
std::vector<Recording> sensor_recordings(const project::Project& project,
                                         const std::filesystem::path& data,
                                         const std::string& split);

}  // namespace ganglion::train
