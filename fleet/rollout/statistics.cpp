#include "fleet/rollout/statistics.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace ganglion::fleet {
namespace {

constexpr int kMostTerms = 10000;
constexpr double kPrecision = 1e-14;
constexpr double kTiny = 1e-300;

double continued_fraction(double a, double b, double x) {
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    double value = d;
    const auto step = [&](double numerator) {
        d = 1 + numerator * d;
        d = 1 / (std::abs(d) < kTiny ? kTiny : d);
        c = 1 + numerator / c;
        c = std::abs(c) < kTiny ? kTiny : c;
        value *= c * d;
    };
    for (int m = 1; m <= kMostTerms; ++m) {
        step(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
        const double before = value;
        step(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)));
        if (std::abs(value - before) < kPrecision * std::abs(value)) break;
    }
    return value;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    // The fraction converges fast below the mean.
    if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
    const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                  a * std::log(x) + b * std::log1p(-x));
    return front * continued_fraction(a, b, x) / a;
}

double student_tail(double t, double degrees) {
    const double both = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
    return t >= 0 ? both / 2 : 1 - both / 2;
}

double binomial_tail(uint64_t successes, uint64_t trials, double probability) {
    if (successes == 0) return 1;
    if (successes > trials) return 0;
    return incomplete_beta(static_cast<double>(successes),
                           static_cast<double>(trials - successes + 1), probability);
}

double spent_at(double alpha, uint32_t look) {
    const double n = look == 0 ? 1 : look;
    return alpha * 6 / (std::numbers::pi * std::numbers::pi * n * n);
}

}  // namespace ganglion::fleet
