#pragma once

#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/learn/learner.hpp"

namespace ganglion {

/// How a DistanceLearner learns and scores (little-endian, no padding).
struct DistanceParameters {
    uint32_t learn_frames;     ///< frames of normal running before it judges, 8..65536
    uint16_t adapt_shift;      ///< from 2^shift frames on it forgets exponentially, 4..16
    uint16_t refuse;           ///< frames scoring this or more are not learned from, 1..1001
    uint16_t least_deviation;  ///< raw units: no value's deviation counts as smaller, 1..4096
    uint16_t doublings_q8;     ///< doublings of the distance from 1 that score 1000, 1/256
};
static_assert(sizeof(DistanceParameters) == 12);

/// How far a frame lies from what is normal for this very machine: the root mean square, over all
/// values, of (value - mean) / mean absolute deviation; on a logarithmic scale, 0 at distance 1.
///
/// Mean and deviation are exponentially weighted with a weight of 1 / frames seen until
/// 2^adapt_shift. While it learns, and after, a frame that is far from normal is refused: during
/// the first frames where some value is beyond 16 deviations of what it was so far, later from the
/// score `refuse` on. So one knock while learning, or a fault that begins slowly, does not become
/// normal. A device that refuses as many frames in a row as it should have learned, before it has
/// learned them, was begun at a wrong moment (the machine stood still): it begins anew. Integers
/// only, equal bits on every target.
class DistanceLearner {
  public:
    struct Parameters : DistanceParameters {
        uint32_t values;
    };
    static Status parse(const LearnerHeader& header, uint32_t values,
                        std::span<const uint8_t> bytes, Parameters& parameters);
    static uint32_t state_bytes(const Parameters& parameters);
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state);
    bool resume(const Parameters& parameters, std::span<uint8_t> state);
    bool push(std::span<const int16_t> values, std::span<uint8_t> scratch,
              std::span<uint16_t> scores);

    /// For a proof: learns over the fewest frames.
    static void shorten(Parameters& parameters) { parameters.learn_frames = 8; }

    /// How much each part of the frame usually varies: log2 of the mean deviation of up to eight
    /// groups of neighbouring values, 1/256. How many; 0 while it learns.
    uint32_t share(std::span<int16_t> shared) const;
    static uint32_t shared_numbers(const Parameters& parameters);
    /// Begins with what others of its kind have shared: a quarter of the frames is then enough.
    /// Once, before it has learned; false, and unchanged, otherwise.
    bool prime(std::span<const int16_t> prior);

    bool ready() const { return seen() >= needed(); }
    uint32_t refused() const { return refused_; }

  private:
    struct Feature {
        int32_t mean_q8;
        uint32_t deviation_q8;
    };
    static constexpr uint32_t kPrimed = 1U << 31U;  ///< in *seen_: it began from a prior
    uint32_t seen() const { return *seen_ & ~kPrimed; }
    bool primed() const { return (*seen_ & kPrimed) != 0; }
    uint32_t needed() const;
    static uint32_t group_values(const Parameters& parameters);
    void bind(const Parameters& parameters, std::span<uint8_t> state);
    void learn(std::span<const int16_t> values);
    void learn_first(std::span<const int16_t> values, bool outlier);
    uint32_t distance_q4(const Feature& feature, int16_t value) const;

    Parameters parameters_{};
    uint32_t* seen_ = nullptr;
    std::span<Feature> features_;
    uint32_t refused_ = 0;
    uint32_t refused_in_row_ = 0;
};

}  // namespace ganglion
