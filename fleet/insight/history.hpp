#pragma once

#include <cmath>
#include <limits>
#include <vector>

namespace ganglion::fleet::insight {

/// Values of one quantity in equal steps of time, oldest first; NaN where there is none.
using History = std::vector<double>;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// The middle of the values that are there (the mean of the two middle ones of an even number);
/// NaN where there is none.
double median(std::vector<double> values);

/// Standard deviation around the median with values beyond 2.5 deviations (by the median absolute
/// deviation, Hampel 1974) drawn in to there: right for normal noise, not disturbed by outliers.
/// NaN where there are no values.
double robust_deviation(const std::vector<double>& values);

/// Independent values that stand behind a robust deviation, for Student's distribution; at least 1.
double degrees_of_freedom(size_t values, double inflation);

/// By how much lasting noise widens the variance of a mean over values whose residuals these are:
/// (1 + r) / (1 - r) of a first-order autoregression, where r is the residuals' autocorrelation,
/// corrected for the straight line that was fitted before (Marriott and Pope 1954). At least 1; a
/// missing value breaks no more than its own two pairs.
double variance_inflation(const std::vector<double>& residuals);

/// Keeps the adjusted p-values comparable with the wanted share of false discoveries: element i is
/// the smallest share at which p[i] is still a discovery (Benjamini and Hochberg 1995).
std::vector<double> false_discovery_rates(const std::vector<double>& p);

}  // namespace ganglion::fleet::insight
