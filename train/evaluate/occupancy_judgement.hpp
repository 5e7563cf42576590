#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/evaluate/learner_run.hpp"

namespace ganglion::train {

/// A room's readings, a sample (of all channels) a minute, with the truth of each.
struct RoomLog {
    std::vector<std::vector<int16_t>> samples;
    std::vector<bool> occupied;
    std::vector<std::string> days;  ///< "2015-02-11"
};

/// Every recording of the split in a folder with a manifest.csv as in the shared home data whose
/// table has a column `occupied` (0 or 1): the project's columns, time first. Throws
/// std::runtime_error where there is none.
std::vector<RoomLog> read_rooms(const project::Project& project,
                                const std::filesystem::path& folder, const std::string& split);

/// Minutes of one day in which the device said right whether somebody is there.
struct OccupancyDay {
    std::string day;  ///< "2015-02-11"
    uint64_t minutes = 0;
    uint64_t right = 0;
    uint64_t occupied = 0;
};

/// Runs the device's pipeline over read_rooms(). Present is a score of at least the project's
/// threshold.
std::vector<OccupancyDay> judge_occupancy(const LearnerRun& run, const project::Project& project,
                                          const std::filesystem::path& folder,
                                          const std::string& split);

}  // namespace ganglion::train
