#pragma once

#include <cstdint>

namespace ganglion::fleet {

/// Regularised incomplete beta function I_x(a, b), a and b above 0, x in 0..1 (continued fraction
/// DLMF 8.17.22, by Lentz's method). Error below 1e-10.
double incomplete_beta(double a, double b, double x);

/// P(T >= t) of Student's t with `degrees` of freedom, above 0.
double student_tail(double t, double degrees);

/// P(X >= successes) of a binomial with `trials` and `probability`.
double binomial_tail(uint64_t successes, uint64_t trials, double probability);

/// The share of `alpha` that look number `look` (from 1) may spend: alpha * 6 / (pi look)^2. The
/// shares of all looks, however many, add up to alpha: by the union bound, tests at these levels
/// are wrong at any look with probability alpha at most, whenever one stops (always valid).
double spent_at(double alpha, uint32_t look);

/// Mean and variance of a sample, one value at a time (Welford).
class Moments {
  public:
    void add(double value) {
        ++count_;
        const double step = value - mean_;
        mean_ += step / static_cast<double>(count_);
        squares_ += step * (value - mean_);
    }
    uint64_t count() const { return count_; }
    double mean() const { return mean_; }
    /// Of the sample, n - 1 below the line; 0 of less than two values.
    double variance() const { return count_ < 2 ? 0 : squares_ / static_cast<double>(count_ - 1); }

  private:
    uint64_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

}  // namespace ganglion::fleet
