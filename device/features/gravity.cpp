#include "device/features/gravity.hpp"

#include <algorithm>

namespace ganglion {

namespace {

constexpr int64_t kSteps = 4096;  // of an LSB
constexpr int64_t kLimit = 32768 * kSteps;

}  // namespace

void Gravity::start(const GravityParameters& parameters) {
    *this = Gravity();
    parameters_ = parameters;
}

void Gravity::push(const int16_t* acceleration, const int16_t* turn) {
    if (!begun_) {
        begun_ = true;
        for (size_t i = 0; i < 3; ++i) gravity_[i] = acceleration[i] * kSteps;
        return;
    }
    if (turn != nullptr && parameters_.turn_q30 != 0) {
        // What stands still in the world turns backwards in the sensor's axes: g' = g - w x g.
        const std::array<int64_t, 3> g = gravity_;
        const auto q30 = static_cast<int64_t>(parameters_.turn_q30);
        for (size_t i = 0; i < 3; ++i) {
            const size_t j = (i + 1) % 3;
            const size_t k = (i + 2) % 3;
            const int64_t cross = turn[j] * g[k] - turn[k] * g[j];  // below 2^43
            gravity_[i] -= (cross * q30) >> 30U;
        }
    }
    for (size_t i = 0; i < 3; ++i) {
        const int64_t difference = acceleration[i] * kSteps - gravity_[i];
        gravity_[i] += (difference * static_cast<int64_t>(parameters_.follow_q16)) >> 16U;
        gravity_[i] = std::clamp(gravity_[i], -kLimit, kLimit);
    }
}

std::array<int32_t, 3> Gravity::value() const {
    std::array<int32_t, 3> lsb{};
    for (size_t i = 0; i < 3; ++i) lsb[i] = static_cast<int32_t>(gravity_[i] >> 12U);
    return lsb;
}

Direction Gravity::up() const {
    return direction_of(gravity_);
}

}  // namespace ganglion
