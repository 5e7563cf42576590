#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"

namespace ganglion {

/// Parameters of LevelFrames as they lie in a bundle's section (little-endian, no padding).
struct LevelHeader {
    uint16_t channels;  ///< 1..8
    uint16_t
        calibrate;      ///< samples of the person's own normal that are learned first, 3..255; or 0
    uint16_t unit;      ///< without calibration: LSB of one deviation, its mean being 0; else 0
    uint16_t least_q8;  ///< deviation at least this share (1/256) of the level; calibration only
    uint16_t clip_q8;   ///< deviations beyond which a sample counts as this far, 1/256
    uint16_t window;    ///< samples in a frame, at most 1024
    uint16_t least;     ///< samples before the first frame, 1..window
    uint16_t hop;       ///< samples from frame to frame
};
static_assert(sizeof(LevelHeader) == 16);

/// Copies and checks a section. Errors: truncated, bad_shape, bad_value.
Status parse_level_section(std::span<const uint8_t> bytes, LevelHeader& header);

/// How far slow signals of one person lie from this person's own normal: levels and restlessness
/// over a window, in units of the person's own deviations.
///
/// First the device calibrates (while the person is known to be well: awake at the start of a
/// drive): per channel the median, and the mean absolute deviation from it, of `calibrate` samples.
/// Both shrug off single odd samples. Later each sample becomes (value - median) / deviation,
/// clipped, so that one absurd measurement counts for little. Frame, int16, per channel: mean of
/// the last `window` samples and standard deviation, 1/256 of a deviation. Frames begin when
/// `least` samples came after the calibration.
class LevelFrames {
  public:
    using Parameters = LevelHeader;
    /// As parse_level_section(); bad_shape where the header of all features says otherwise.
    static Status parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                        Parameters& parameters);

    static uint32_t state_bytes(const LevelHeader& header);
    static uint32_t scratch_bytes(const LevelHeader& header);
    static uint32_t frame_values(const LevelHeader& header) { return 2U * header.channels; }

    /// `state` and later `scratch`: as many bytes, 4-byte aligned, the caller's.
    void start(const LevelHeader& header, std::span<uint8_t> state);

    /// As ImpactFrames::push().
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

    bool calibrated() const { return calibrated_; }
    /// Of a channel, once calibrated: what is normal for this person, LSB; deviation in 1/16.
    int16_t level(size_t channel) const { return levels_[channel].median; }
    uint32_t deviation_q4(size_t channel) const { return levels_[channel].deviation_q4; }

  private:
    struct Level {
        int16_t median;
        uint32_t deviation_q4;
    };
    void calibrate(std::span<uint8_t> scratch);
    bool take_sample();
    void write_frame(int16_t* frame) const;

    LevelHeader header_{};
    std::array<Level, 8> levels_{};
    std::span<int16_t> ring_;  // of samples: raw while calibrating, then deviations in 1/256
    std::array<int16_t, 8> sample_{};
    uint32_t channel_ = 0;
    uint32_t next_ = 0;
    uint32_t filled_ = 0;
    uint32_t until_ = 0;  // samples until the next frame
    bool calibrated_ = false;
};

}  // namespace ganglion
