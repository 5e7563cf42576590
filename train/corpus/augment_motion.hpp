#pragma once

#include <cstdint>
#include <vector>

#include "train/synthesis/random.hpp"

namespace ganglion::train {

/// How far a motion recording is changed: as another wearer, another mounting and a cheap sensor
/// would.
struct MotionChange {
    double most_turn = 0.35;   ///< radians around a random axis, of each three channels
    double most_speed = 0.15;  ///< share by which it runs faster or slower
    double noise = 0.01;       ///< deviation, of the recording's own deviation
    double lost = 0.005;       ///< share of samples that repeat the one before
    double most_gain = 0.1;    ///< share by which the sensor's scale is wrong
};

/// A changed copy of interleaved samples. Channels are turned in threes (accelerometer, gyroscope);
/// those left over are not turned.
std::vector<int16_t> change_motion(const std::vector<int16_t>& samples, uint32_t channels,
                                   const MotionChange& change, Random& random);

}  // namespace ganglion::train
