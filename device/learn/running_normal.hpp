#pragma once

#include <cstdint>
#include <span>

namespace ganglion {

/// Learns what is normal for this very machine: mean and mean absolute deviation of each feature
/// over the first `frames` frames, then standardises to int8 with 16 steps per deviation. One
/// bundle so fits any motor.
///
/// The deviation is taken around the running mean of the frames so far, in one pass, and never
/// below 32/256 of a doubling of energy, so that a feature which happened to stand still does not
/// alarm at its first move.
class RunningNormal {
  public:
    /// What is learned of one feature; plain data, so that it can be kept over a restart.
    struct Feature {
        int32_t sum;             ///< sum of the values
        uint32_t deviation_sum;  ///< sum of |value - mean so far|
        int32_t mean_q8;         ///< final: mean, 1/256 of a value's unit
        int32_t inverse_q24;     ///< final: int8 steps per unit of value
    };
    static constexpr uint32_t maximum_frames = 1U << 16U;
    static constexpr int32_t steps_per_deviation = 16;
    static constexpr int32_t least_deviation = 32;

    static constexpr uint32_t state_bytes(uint32_t features) { return features * sizeof(Feature); }

    /// `state`: one Feature per value, owned by the caller; `frames`: 1..maximum_frames.
    void start(std::span<Feature> state, uint32_t frames);

    /// Learns one frame (as many values as features); after the last of `frames` it is ready and
    /// learns no more.
    void learn(const int16_t* values);
    bool ready() const { return seen_ >= frames_; }
    uint32_t seen() const { return seen_; }

    /// Only once ready: clamp(round((value - mean) / deviation * 16)).
    void standardise(const int16_t* values, int8_t* out) const;

  private:
    std::span<Feature> features_;
    uint32_t frames_ = 0;
    uint32_t seen_ = 0;
};

}  // namespace ganglion
