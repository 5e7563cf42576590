#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/synthesis/motor.hpp"

namespace ganglion::train {

/// One vibration recording in sensor counts.
struct Vibration {
    std::vector<int16_t> samples;
    std::string name;
    std::string label;  ///< "normal" or what is faulty
    std::string
        placement;  ///< sensor position and load, where a set has several: a machine of its own
};

/// Settings of the simulated motor number `index`. Training, validation and test take disjoint
/// index ranges (see motor_range), so no machine stands in two splits.
MotorSettings random_motor(const project::Project& project, uint64_t index, double seconds,
                           double fault_after_s, BearingFault fault);

struct MotorRange {
    uint64_t first;
    uint64_t count;
};
/// train 240 machines, val 120, test 180.
MotorRange motor_range(const std::string& split);

/// Recordings of `split` below `data` (find_recordings, CSV) whose rate is the sensor's and whose
/// unit is g in a single column. `data` may be empty: no recordings.
std::vector<Vibration> read_vibrations(const project::Project& project,
                                       const std::filesystem::path& data, const std::string& split);

/// Feature windows of a normal recording as the device sees them after learning its first frames:
/// [windows × frames × values] int8, one window per stride.
std::vector<int8_t> normal_windows(const project::Project& project,
                                   const std::vector<int16_t>& samples);

}  // namespace ganglion::train
