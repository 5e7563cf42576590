#pragma once

#include <cstdint>

namespace ganglion::train {

struct Interval {
    double low = 0;
    double high = 0;
};

/// 95 % confidence interval of a proportion (Wilson 1927, "Probable inference, the law of
/// succession, and statistical inference"). trials = 0 gives [0, 1].
Interval wilson_interval(uint64_t successes, uint64_t trials);

/// Exact 95 % confidence interval of the mean of a Poisson count (Garwood 1936). A count of 0 gives
/// [0, 3.689].
Interval poisson_interval(uint64_t count);

/// Area under the ROC curve: the chance that a random positive scores above a random negative, ties
/// count half (Mann and Whitney). The arguments are histograms over equal score bins, lowest first,
/// of equal length.
double roc_area(const uint64_t* negatives, const uint64_t* positives, uint64_t bins);

}  // namespace ganglion::train
