#pragma once

#include <cstdint>
#include <vector>

#include "train/evaluate/intervals.hpp"

namespace ganglion::train {

/// One block of a ratio of sums: its share of the numerator and of the denominator.
struct RatioBlock {
    double above = 0;
    double below = 0;
};

/// 95 % interval of sum(above) / sum(below) by a bootstrap of two levels (Davison and Hinkley,
/// Bootstrap Methods and their Application, 1997, ch. 3.8): groups are drawn with replacement, and
/// in each its blocks. Always the same numbers for the same data.
Interval bootstrap_ratio(const std::vector<std::vector<RatioBlock>>& groups,
                         uint32_t resamples = 1000);

}  // namespace ganglion::train
