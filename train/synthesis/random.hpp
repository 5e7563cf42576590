#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace ganglion::train {

/// Random numbers that are the same on every machine and library: SplitMix64 (Steele, Lea, Flood
/// 2014, "Fast splittable pseudorandom number generators"), seeded by one integer. The standard
/// library's distributions differ between implementations, so they are not used.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    /// Random(state()) goes on as this one would.
    uint64_t state() const { return state_; }

    /// In [0, n), n > 0.
    uint64_t below(uint64_t n) { return next() % n; }

    /// In [0, 1), 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    double uniform(double low, double high) { return low + (high - low) * uniform(); }

    bool chance(double probability) { return uniform() < probability; }

    /// Standard normal by Box and Muller; the second value is dropped to keep the state one
    /// integer.
    double normal() {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(2.0 * std::numbers::pi * uniform());
    }

    /// A generator of its own for part `index`, so that parts can be made in any order.
    Random fork(uint64_t index) const {
        return Random(Random(state_ ^ (index * 0xd1342543de82ef95U)).next());
    }

  private:
    uint64_t state_;
};

}  // namespace ganglion::train
