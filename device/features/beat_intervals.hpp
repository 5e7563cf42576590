#pragma once

#include <array>
#include <cstdint>

namespace ganglion {

/// The intervals between heart beats, and what is usual for this person now: an interval that
/// follows slowly and by no more than 0.8 % a beat, so that a run of early beats stays early; the
/// mean of the last ten; and one of the last minutes, a beat's weight falling by 1/256 a beat.
class BeatIntervals {
  public:
    /// 0 and pauses from 3 s on are no intervals.
    void add(uint32_t interval_ms);
    /// Milliseconds; 0 before the first interval, as the others.
    uint32_t usual_ms() const { return static_cast<uint32_t>(usual_q4_ / 16); }
    uint32_t recent_ms() const;
    uint32_t long_ms() const { return static_cast<uint32_t>(long_q8_ / 256); }

  private:
    static constexpr uint32_t kRecent = 10;

    uint32_t median() const;

    std::array<uint16_t, kRecent> intervals_{};  // ring
    uint32_t next_ = 0;
    uint32_t added_ = 0;  // up to kRecent
    int32_t usual_q4_ = 0;
    int32_t long_q8_ = 0;
};

}  // namespace ganglion
