#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ganglion {

/// A direction in space, unit vector in 1/1024.
using Direction = std::array<int16_t, 3>;
constexpr int32_t kUnit = 1024;

/// `vector` (any scale that fits 40 bits) brought to length 1024; zeros where it has none.
Direction direction_of(const std::array<int64_t, 3>& vector);

/// Cosine of the angle between two directions, in 1/1024.
int16_t cosine(const Direction& a, const Direction& b);

/// Length of a vector of three int16, in its own unit.
uint32_t length_of(const int16_t* vector);

/// What a short stretch of inertial samples says, whatever way the sensor is mounted.
struct MotionStatistics {
    int16_t greatest;   ///< log2 of the greatest acceleration, 1/256 of a doubling above 1 g
    int16_t least;      ///< the same of the least: falls freely where it is far below 0
    int16_t mean;       ///< the same of the mean acceleration
    int16_t deviation;  ///< the same of its standard deviation
    int16_t turn_peak;  ///< log2 of the fastest turn, 1/256 of a doubling above 1 LSB
    int16_t turn_mean;  ///< the same of the mean turning speed
    Direction up;       ///< of the mean acceleration vector: where up is, if it stood still
};

/// Statistics of `count` samples (1..4096) of `channels` int16 values: acceleration x, y, z, then
/// with 6 channels turning speed x, y, z (else the turns are 0). `one_g`: LSB of 1 g, 1..32767.
/// Lengths below 1/64 g or 1 LSB of turn count as that, so a logarithm stays bounded.
MotionStatistics motion_statistics(const int16_t* samples, uint32_t count, uint32_t channels,
                                   uint16_t one_g);

}  // namespace ganglion
