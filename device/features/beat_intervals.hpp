#pragma once

#include <array>
#include <cstdint>

namespace ganglion {

/// What the last heart-beat intervals say about the rhythm.
struct Rhythm {
    int16_t difference;   ///< median |difference of neighbours| / median interval, 1/1024
    int16_t conditional;  ///< -log2 P(next alike | this one alike), 1/256: sample entropy, m = 1
    int16_t match;        ///< -log2 P(two intervals alike), 1/256
};

/// Up to 32 of the last intervals between heart beats, milliseconds.
class IntervalMemory {
  public:
    static constexpr uint32_t kMost = 32;

    void add(uint16_t interval_ms);
    uint32_t count() const { return count_ < kMost ? count_ : kMost; }
    /// The interval `steps` before the last one, below count().
    uint16_t back(uint32_t steps) const { return intervals_[(count_ - 1 - steps) % kMost]; }
    /// 0 without any.
    uint32_t median() const;

  private:
    std::array<uint16_t, kMost> intervals_{};
    uint32_t count_ = 0;
};

/// The intervals between heart beats, and the one that is usual for this person now: it follows the
/// intervals slowly and by no more than 0.8 % a beat, so that a run of early beats stays early. The
/// rhythm is that of the beats of normal shape: extra beats make any heart irregular.
/// Irregularity as in Lake and Moorman, "Accurate estimation of entropy in very short physiological
/// time series", 2011, alike meaning within 4 % of the median interval.
class BeatIntervals {
  public:
    /// `normal`: the beats at both ends have the normal shape.
    void add(uint32_t interval_ms, bool normal);
    /// Milliseconds; 0 before the first interval.
    uint32_t usual_ms() const { return static_cast<uint32_t>(usual_q4_ / 16); }
    /// Of the normal intervals so far; all 0 with fewer than 12.
    Rhythm rhythm() const;

  private:
    IntervalMemory all_;
    IntervalMemory normal_;
    int32_t usual_q4_ = 0;
};

}  // namespace ganglion
