#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/evaluate/learner_run.hpp"

namespace ganglion::train {

/// Minutes of one day in which the device said right whether somebody is there.
struct OccupancyDay {
    std::string day;  ///< "2015-02-11"
    uint64_t minutes = 0;
    uint64_t right = 0;
    uint64_t occupied = 0;
};

/// Runs the device's pipeline over every recording of the split in a folder with a manifest.csv as
/// in the shared home data whose table has a column `occupied` (0 or 1): readings of the project's
/// columns a minute, time first. Present is a score of at least the project's threshold. Throws
/// std::runtime_error where there is no such recording.
std::vector<OccupancyDay> judge_occupancy(const LearnerRun& run, const project::Project& project,
                                          const std::filesystem::path& folder,
                                          const std::string& split);

}  // namespace ganglion::train
