#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"

namespace ganglion {

/// Parameters of EyeFrames as they lie in a bundle's section (little-endian, no padding).
struct EyeHeader {
    uint32_t rate_hz;    ///< samples (images) per second, 1..240
    uint16_t channels;   ///< 1: eye opening; 4: and the head's pitch, yaw, roll
    uint16_t calibrate;  ///< seconds awake at the start that show this driver's open eye, 10..255
    uint16_t hop;        ///< seconds from frame to frame
    uint16_t window;     ///< seconds that a frame looks back, 1..30 hops; PERCLOS: 60
    uint16_t closed_q8;  ///< opening of a fully closed eye, as a share of the open one, 1/256
    uint16_t nod;        ///< pitch below the driver's own that counts as nodding, LSB
};
static_assert(sizeof(EyeHeader) == 16);

/// Copies and checks a section. Errors: truncated, bad_shape, bad_value.
Status parse_eye_section(std::span<const uint8_t> bytes, EyeHeader& header);

/// What eyes and head tell of a driver's wakefulness. Samples: the eye opening (eye aspect ratio,
/// 1/1000; 0..1023) and, with 4 channels, pitch (down is below 0), yaw and roll of the head.
///
/// First the device calibrates while the driver is awake: the open eye is the median opening, the
/// level head the mean pitch. Aperture: opening as a share of the way from closed to open. Then,
/// over the last `window` seconds:
///  0  PERCLOS P80: permille of the time in which the eye is at least 80 % closed (Wierwille and
///     Ellsworth 1994; Dinges and Grace 1998: over one minute)
///  1  blinks, per minute
///  2  mean duration of a blink, ms: aperture below 80 % around a minimum below 50 %
///  3  longest closure (aperture at most 20 %), ms
///  4  mean amplitude of a blink: drop from the mean of its two ends to the minimum, 1/1024 of open
///  5  mean opening velocity after it, 1/1024 of open per second
///  6  mean pitch less the driver's own, LSB
///  7  nods (pitch below -nod), per minute
///  8  head movement: mean change of the three angles together, LSB per second
/// Amplitude, duration and velocity as Ghoddoosian et al., "A realistic dataset and baseline
/// temporal model for early drowsiness detection", 2019.
class EyeFrames {
  public:
    using Parameters = EyeHeader;
    /// As parse_eye_section(); bad_shape where the header of all features says otherwise.
    static Status parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                        Parameters& parameters);

    static constexpr uint32_t kValues = 9;

    static uint32_t state_bytes(const EyeHeader& header);
    static constexpr uint32_t scratch_bytes(const EyeHeader& /*header*/) { return 0; }

    /// `state`: as many bytes, 8-byte aligned, the caller's.
    void start(const EyeHeader& header, std::span<uint8_t> state);

    /// As ImpactFrames::push().
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

    bool calibrated() const { return open_ != 0; }
    int16_t open_level() const { return open_; }

  private:
    struct Part {  // of the window: one hop
        uint32_t closed;
        uint32_t blinks;
        uint32_t duration;  // samples
        uint32_t longest;   // samples
        uint32_t amplitude;
        uint32_t velocity;
        int64_t pitch;
        uint32_t nods;
        uint32_t movement;
    };
    void calibrate_with(const int16_t* sample);
    bool take_sample(const int16_t* sample);
    void follow_blink(int32_t opening, int32_t aperture_q8);
    void end_blink(int32_t opening);
    void write_frame(int16_t* frame) const;

    EyeHeader header_{};
    std::span<Part> parts_;
    std::span<uint16_t> histogram_;  // of the opening, while calibrating: 128 bins of 8
    std::array<int16_t, 4> sample_{};
    std::array<int16_t, 4> last_{};
    uint32_t channel_ = 0;
    uint32_t seen_ = 0;  // samples of the calibration, then of the part
    int64_t pitch_sum_ = 0;
    int32_t pitch_ = 0;
    int16_t open_ = 0;
    uint32_t part_ = 0;
    uint32_t parts_seen_ = 0;
    uint32_t closure_ = 0;  // samples closed so far
    bool nodding_ = false;
    // The blink under way: samples since its start, its lowest opening and how long ago that was.
    uint32_t blink_ = 0;
    int32_t blink_from_ = 0;
    int32_t bottom_ = 0;
    int32_t bottom_aperture_ = 0;
    uint32_t since_bottom_ = 0;
    int32_t before_ = 0;  // opening of the sample before
};

}  // namespace ganglion
