#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ganglion::train {

/// A recording of a slow sensor, of which one part may be for training and a later one for testing.
struct PeriodRecording {
    std::filesystem::path path;
    std::string group;  ///< column group, else region, else the file's name
    std::map<std::string, std::string> others;
    int64_t train_end = INT64_MAX;   ///< minutes since 1970; INT64_MIN: it has no part for training
    int64_t test_begin = INT64_MAX;  ///< INT64_MIN: it is all test

    std::string other(const std::string& column) const;
    bool has(const std::string& split) const;
    /// Whether a minute belongs to the split ("train" or "test").
    bool in(const std::string& split, int64_t minute) const;
    /// Whether a device that is judged on the split has lived by then: train ends with its part.
    bool in_or_before(const std::string& split, int64_t minute) const;
};

/// Reads folder/manifest.csv: a header line with at least file and split. A split is "train",
/// "test" or names dates: "train: until 2016-12-31; test: 2017-01-01 on", "train: before
/// 2011-12-06; test: from 2011-12-06". Quoted cells may hold commas. Throws std::runtime_error with
/// file and line.
std::vector<PeriodRecording> read_period_manifest(const std::filesystem::path& folder);

}  // namespace ganglion::train
