#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "train/evaluate/bootstrap.hpp"
#include "train/evaluate/learner_run.hpp"

namespace ganglion::train {

/// One meter's readings, an hour each: minute of the week and value in the meter's steps (-32768:
/// missing).
struct LoadSeries {
    std::string name;
    std::string set;    ///< "pjm", "transformer", "household"
    std::string group;  ///< region, transformer or house
    std::vector<int16_t> minutes;
    std::vector<int16_t> values;
    size_t judged_from = 0;  ///< before it the device only learns
};

/// Every series of a folder with a manifest.csv as in the shared grid data (columns file, set,
/// region, split). Of a split like "train: until 2016-12-31; test: 2017-01-01 on" the test part is
/// judged, after the device has lived through the rest; "train" stops where it ends. A recording
/// that is all test is judged after its first eight weeks. A meter's step is 1, 2 or 5 times a
/// power of ten, so that twice the largest load of the first eight weeks fits 16 bits. Throws
/// std::runtime_error where the folder has no such manifest.
std::vector<LoadSeries> read_loads(const std::filesystem::path& folder, const std::string& split);

/// A fault of known size put into a series.
struct LoadFault {
    std::string name;
    uint32_t hours = 0;
    /// The reading in hour `hour` of the fault instead of `value`; `before`: the last good one;
    /// `size`: eight times the mean difference to yesterday in this series.
    std::function<double(double value, double before, double size, uint32_t hour)> change;
};
/// For feeders and regions (changes in percent), and for single homes and transformers.
const std::vector<LoadFault>& load_faults(bool aggregated);

struct FaultCount {
    std::string name;
    uint64_t found = 0;
    uint64_t all = 0;
};

/// What one series gave.
struct LoadJudgement {
    std::string name;
    std::string set;
    std::string group;
    std::vector<RatioBlock>
        day_ahead;                     ///< week by week: errors a day ahead, of same hour last week
    std::vector<RatioBlock> relative;  ///< week by week: errors a day ahead, loads
    double next_hour = 0;              ///< mean error one hour ahead / mean load
    uint64_t false_alarms = 0;
    double weeks = 0;
    std::vector<FaultCount> faults;
};

/// Runs the device's pipeline over the series as it is, and lets copies of the device, as it is
/// then, live through each fault at hours of the judged part drawn at random, about five days
/// apart.
LoadJudgement judge_load(const LearnerRun& run, const LoadSeries& series);

}  // namespace ganglion::train
