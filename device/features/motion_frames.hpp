#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"
#include "device/features/gravity.hpp"

namespace ganglion {

/// Parameters of MotionFrames as they lie in a bundle's section (little-endian, no padding).
struct MotionHeader {
    uint32_t rate_hz;     ///< samples per second and channel
    uint16_t channels;    ///< 3: acceleration; 6: acceleration, then turning speed
    uint16_t one_g;       ///< LSB of 1 g
    uint16_t hop;         ///< samples a frame, 1..2048
    uint16_t zero;        ///< always 0
    uint32_t turn_q30;    ///< GravityParameters
    uint32_t follow_q16;  ///< GravityParameters
    uint32_t slow_q16;    ///< as follow_q16, of the habitual posture
    uint32_t smooth_q16;  ///< as follow_q16, of the horizontal acceleration and the turning
};
static_assert(sizeof(MotionHeader) == 28);

/// Copies and checks a section. Errors: truncated, bad_shape, bad_value.
Status parse_motion_section(std::span<const uint8_t> bytes, MotionHeader& header);

/// Every `hop` samples, how the wearer or vehicle moved meanwhile. Frame, int16:
///  0..2  up (1/1024), by Gravity
///  3     cosine between up and its own slow mean (1/1024): posture against the habitual one
///  4..7  greatest, least, mean, deviation of MotionStatistics (log2 of g, 1/256)
///  8     activity count: log2 of the mean |length - 1 g|, 1/256 above 1/64 g
///  9     greatest jerk between two samples, log2 of g, 1/256
///  10    greatest length of the smoothed horizontal acceleration, 1/1024 g
///  11    greatest |smoothed turning about up|, LSB of turning speed
///  12    mean turning about up, LSB: a left turn is above 0
///  13    log2 of the mean turning speed, as MotionStatistics
class MotionFrames {
  public:
    using Parameters = MotionHeader;
    /// As parse_motion_section(); bad_shape where the header of all features says otherwise.
    static Status parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                        Parameters& parameters);

    static constexpr uint32_t kValues = 14;

    static uint32_t state_bytes(const MotionHeader& header);
    static constexpr uint32_t scratch_bytes(const MotionHeader& /*header*/) { return 0; }

    /// `state`: as many bytes, 4-byte aligned, the caller's.
    void start(const MotionHeader& header, std::span<uint8_t> state);

    /// As ImpactFrames::push().
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    void take_sample(const int16_t* sample);
    void write_frame(int16_t* frame);

    MotionHeader header_{};
    Gravity gravity_;
    Gravity habit_;
    std::span<int16_t> samples_;  // of the frame that is being filled
    uint32_t filled_ = 0;         // int16 values of it
    bool begun_ = false;
    std::array<int16_t, 3> last_{};
    uint64_t activity_ = 0;
    uint64_t jerk_ = 0;
    std::array<int64_t, 3> horizontal_{};  // smoothed, 1/256 LSB
    int64_t turning_ = 0;                  // smoothed, 1/256 LSB
    int64_t turn_sum_ = 0;
    uint64_t horizontal_peak_ = 0;  // squared, LSB^2
    int64_t turning_peak_ = 0;      // 1/256 LSB
};

}  // namespace ganglion
