#include "train/evaluate/intervals.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::train {
namespace {

/// P(count <= k) of a Poisson variable with this mean.
double poisson_below(uint64_t k, double mean) {
    double sum = 0;
    for (uint64_t i = 0; i <= k; ++i) {
        const auto n = static_cast<double>(i);
        sum += std::exp(n * std::log(mean) - mean - std::lgamma(n + 1));
    }
    return std::min(1.0, sum);
}

/// The mean at which poisson_below(k, mean), which falls with the mean, is `probability`.
double mean_where(uint64_t k, double probability) {
    double low = 1e-12;
    double high = static_cast<double>(k) * 2 + 20;
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        (poisson_below(k, middle) > probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

Interval wilson_interval(uint64_t successes, uint64_t trials) {
    if (trials == 0) return {0, 1};
    constexpr double z = 1.959963984540054;
    const auto n = static_cast<double>(trials);
    const double p = static_cast<double>(successes) / n;
    const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval poisson_interval(uint64_t count) {
    return {count == 0 ? 0 : mean_where(count - 1, 0.975), mean_where(count, 0.025)};
}

double roc_area(const uint64_t* negatives, const uint64_t* positives, uint64_t bins) {
    double below = 0;
    double area = 0;
    double all = 0;
    for (uint64_t i = 0; i < bins; ++i) {
        area += static_cast<double>(positives[i]) * (below + static_cast<double>(negatives[i]) / 2);
        below += static_cast<double>(negatives[i]);
        all += static_cast<double>(positives[i]);
    }
    return all > 0 && below > 0 ? area / (all * below) : 0.5;
}

}  // namespace ganglion::train
