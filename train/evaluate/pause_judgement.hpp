#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/recordings/heart_records.hpp"

namespace ganglion::train {

/// The heart's pauses: intervals of 3 s and more between two reference beats (AHA/ACCF/HRS
/// recommendations, 2009). Intervals that touch ventricular flutter, in which no beats are told
/// apart, are none.
std::vector<SampleRange> pauses_of(const HeartRecord& record);

struct PauseScore {
    uint64_t pauses = 0;
    uint64_t missed = 0;
    uint64_t wrong = 0;  ///< told, though no interval there is as long
    double hours = 0;

    void add(const PauseScore& other);
};

/// `told`: the samples of the beats behind which a pause was told, as the device found them, within
/// 150 ms of the reference. An interval that is shorter than a pause by no more than those 150 ms
/// counts as neither.
PauseScore judge_pauses(const HeartRecord& record, std::span<const uint64_t> told);

}  // namespace ganglion::train
