#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "train/recordings/manifest.hpp"

namespace ganglion::train {

/// What is wrong with a set of recordings, found before anything is fitted on it.
struct SetReport {
    struct Pair {
        std::string one;
        std::string other;
    };
    std::vector<std::string> unreadable;       ///< one line a file: name and what is wrong with it
    std::vector<std::string> shared_groups;    ///< groups that stand in two splits
    std::vector<Pair> duplicates;              ///< equal content in two splits
    std::vector<Pair> near_duplicates;         ///< nearly equal course of level in two splits
    std::map<std::string, size_t> groups;      ///< split → independent groups in it
    std::map<std::string, size_t> recordings;  ///< split → readable recordings in it

    /// One line each, for people; empty where nothing is wrong.
    std::vector<std::string> warnings() const;
    /// "train: 120 recordings of 14 groups, ..."
    std::string summary() const;
};

/// Reads every recording with `read` (samples of one channel or several side by side; throws
/// std::runtime_error for a bad file) and compares across splits. Near-duplicate: equal length
/// within 2 % and a correlation above 0.995 between the levels (of the differences from sample to
/// sample) of 64 equal stretches; loudness and offset do not matter. Uses all cores.
SetReport check_set(const std::vector<Recording>& all,
                    const std::function<std::vector<int16_t>(const Recording&)>& read);

/// Throws std::runtime_error naming the groups when one stands in two splits.
void refuse_shared_groups(const std::vector<Recording>& all);

}  // namespace ganglion::train
