#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion::train {

/// One trial: a stretch of samples that was recorded for itself and has one label.
struct Trial {
    std::string group;             ///< person, driver, trip
    std::string split;             ///< "train", "val", "test"; may be another word of the manifest
    std::string label;             ///< what the label column says at its start, or the manifest
    std::string name;              ///< for messages: file and keys
    std::vector<int16_t> samples;  ///< interleaved channels
};

/// How trials lie in CSV files.
struct TrialFormat {
    std::vector<std::string> columns;  ///< one a channel, in this order
    std::vector<double> unit_per_lsb;  ///< units per int16 step, one a channel or one for all
    std::vector<std::string> keys;     ///< a new trial begins where one of these columns changes
    std::string restarts;              ///< and where this (a time) falls; empty: none does
    std::string label;                 ///< column of the label; empty: the manifest's
};

/// The trials of one CSV text (RFC 4180 without quotes); columns that are not asked for may hold
/// words. `file` stands in messages and names. Throws std::runtime_error: file, line, what is wrong
/// and what to do.
std::vector<Trial> parse_trials(std::string_view text, const std::filesystem::path& file,
                                const TrialFormat& format);

/// All trials of the CSV files named in `manifest` whose path holds the folder `under` (one set of
/// several), in the manifest's order. Group: the manifest's column `group` or `subject`. Throws as
/// parse_trials(), and when there is none.
std::vector<Trial> read_trials(const std::filesystem::path& manifest, std::string_view under,
                               const TrialFormat& format);

}  // namespace ganglion::train
