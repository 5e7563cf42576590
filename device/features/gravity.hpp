#pragma once

#include <array>
#include <cstdint>

#include "device/features/motion_statistics.hpp"

namespace ganglion {

/// How a Gravity filter runs: integers worked out when an application is built.
struct GravityParameters {
    uint32_t turn_q30;    ///< radians of one LSB of turning speed in one sample, 2^-30; 0: no gyro
    uint32_t follow_q16;  ///< share of the difference taken over a sample: 65536 / (rate * seconds)
};
constexpr uint32_t kLargestTurn = 1U << 18U;

/// Where down is, in the sensor's own axes, while it moves: a complementary filter. The gyroscope
/// turns the estimate from sample to sample (exact over seconds, drifts over minutes); the measured
/// acceleration draws it slowly back (wrong over seconds, right over minutes). Without a gyroscope
/// it is a low-pass filter of the acceleration. See Mahony et al., "Nonlinear complementary filters
/// on the special orthogonal group", 2008: here for the one vector that gravity is.
class Gravity {
  public:
    /// `parameters`: turn_q30 at most kLargestTurn, follow_q16 in 1..65536.
    void start(const GravityParameters& parameters);

    /// One sample: acceleration, LSB; `turn`: turning speed, LSB, or nullptr. The first sample is
    /// taken as gravity.
    void push(const int16_t* acceleration, const int16_t* turn);

    /// The estimate, LSB of acceleration.
    std::array<int32_t, 3> value() const;
    /// Its direction: up, since what is measured at rest is the support against gravity.
    Direction up() const;

  private:
    GravityParameters parameters_{};
    std::array<int64_t, 3> gravity_{};  // 1/4096 LSB, within +-2^27
    bool begun_ = false;
};

}  // namespace ganglion
