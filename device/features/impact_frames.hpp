#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"

namespace ganglion {

/// Parameters of ImpactFrames as they lie in a bundle's section (little-endian, no padding); behind
/// them `segments` pairs of int16: first and one past the last sample of a segment, counted from
/// the impact (negative: before it).
struct ImpactHeader {
    uint32_t rate_hz;    ///< samples per second and channel
    uint16_t channels;   ///< 3: acceleration; 6: acceleration, then turning speed
    uint16_t one_g;      ///< LSB of 1 g
    uint16_t threshold;  ///< LSB: an acceleration from which a peak counts as an impact
    uint16_t before;     ///< samples kept from before the impact
    uint16_t after;      ///< samples waited for after it
    uint16_t segments;   ///< 2..12
};
static_assert(sizeof(ImpactHeader) == 16);

/// A checked section: header and, in the section's own bytes, the segments.
struct ImpactSection {
    ImpactHeader header{};
    std::span<const int16_t> segments;  ///< pairs (first, end)

    uint32_t frame_values() const;
};

/// Errors: truncated, bad_offset (alignment), bad_shape, bad_value. `bytes` must outlive `section`.
Status parse_impact_section(std::span<const uint8_t> bytes, ImpactSection& section);

/// One frame for each impact: where the length of the acceleration vector peaks at or above a
/// threshold and no higher peak follows within `after` samples. What came before (free fall,
/// turning), the blow itself and what came after (another posture, stillness) lies in fixed
/// segments around the peak, so a network sees every fall in the same place. Nothing is computed
/// per frame while nothing happens.
///
/// Frame, int16: for each segment the six logarithms of MotionStatistics (with 3 channels four) and
/// the direction of up (3); then for each segment but the first the cosine between its up and the
/// first one's (a changed posture is far from 1024); then the greatest jerk (log2, as greatest) and
/// the share of samples below 0.7 g in the `rate_hz` samples before the impact (1/1024).
class ImpactFrames {
  public:
    using Parameters = ImpactSection;
    /// As parse_impact_section(); bad_shape where the header of all features says otherwise.
    static Status parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                        Parameters& parameters);

    static uint32_t state_bytes(const ImpactSection& section);
    static uint32_t scratch_bytes(const ImpactSection& section);

    /// `state` and later `scratch`: as many bytes, 4-byte aligned. Both are the caller's.
    void start(const ImpactSection& section, std::span<uint8_t> state);

    /// Takes samples until a frame is complete or none are left; returns how many it took. `ready`:
    /// `frame` (frame_values()) was written. The first sample stands for all before it.
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    bool take_sample();
    void write_frame(int16_t* ordered, int16_t* frame) const;

    ImpactSection section_;
    std::span<int16_t> ring_;  // before + after + 1 samples
    uint32_t length_ = 0;      // of the ring, in samples
    uint32_t next_ = 0;        // where the next sample goes = the oldest
    uint32_t channel_ = 0;     // of the sample that is being filled
    bool begun_ = false;
    uint32_t age_ = 0;        // samples since the candidate
    uint64_t candidate_ = 0;  // its squared length; 0: none
};

}  // namespace ganglion
