#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/beat_intervals.hpp"
#include "device/features/beat_shape.hpp"
#include "device/features/feature_section.hpp"
#include "device/features/interval_words.hpp"
#include "device/features/qrs_detector.hpp"

namespace ganglion {

/// Parameters of EcgBeats as they lie in a bundle's section (little-endian, no padding).
struct EcgBeatsParameters {
    uint16_t rate_hz;   ///< QrsDetector::kLowestRate..kHighestRate
    uint16_t pause_ms;  ///< 1500..10000: so long a frame waits for the next beat
};
static_assert(sizeof(EcgBeatsParameters) == 4);

/// One frame a heart beat from one lead of an electrocardiogram: how early it came, how it compares
/// with this person's normal beat, and how regular the rhythm is. A frame comes when the next beat
/// is found, or after a pause without one. Frame, int16 (log2 and entropies in 1/256,
/// correlations and shares in 1/1024):
///  0      log2 of the interval before the beat over the usual one
///  1      log2 of the interval after it over the usual one
///  2      log2 of the interval before the beat before, over the usual one
///  3..5   log2 of the interval before, of that after and of half their sum, over the last ten's
///  mean 6      log2 of the interval before over the mean of the last minutes 7, 8   correlation
///  with the normal beat: QRS, whole 9      correlation of the P wave's part, less its usual value
///  10     correlation of the T wave's part
///  11..13 log2 of height, area and width over the normal beat's
///  14     IntervalWords' irregularity of the intervals between beats whose QRS is like the normal
///         one, 1/1024: ventricular extra beats make any rhythm irregular
///  15, 16 greatest and least value less the normal beat's, over its height
///  17     interval before, ms
///  18     samples from the beat to the end of its frame
class EcgBeats {
  public:
    static constexpr uint32_t kValues = 19;
    using Parameters = EcgBeatsParameters;

    /// Copies and checks a FeatureBlock's section. Errors: truncated, bad_shape, bad_value.
    static Status parse(const FeatureHeader& header, std::span<const uint8_t> bytes,
                        Parameters& parameters);

    static uint32_t state_bytes(const Parameters& parameters);
    static uint32_t scratch_bytes(const Parameters& parameters);

    /// `parameters` from parse(); `state`: 4-byte aligned, the caller's.
    void start(const Parameters& parameters, std::span<uint8_t> state);

    /// Takes samples until a frame is complete or none are left; returns how many it took. `ready`
    /// tells whether `frame` (kValues) was written. `scratch`: 4-byte aligned.
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    struct Beat {
        uint64_t at;         // of the kept signal's samples
        uint32_t before_ms;  // interval before it; 0: not known
    };

    void keep(int32_t smoothed);
    int16_t kept(int64_t index) const;
    uint64_t locate(uint64_t peak) const;
    uint32_t to_ms(uint64_t kept_samples) const;
    void write_frame(uint32_t after_ms, std::span<uint8_t> scratch, int16_t* frame);

    uint32_t rate_hz_ = 0;
    uint32_t pause_ms_ = 0;
    uint32_t step_ = 1;       // samples to one of the kept signal
    uint32_t kept_rate_ = 0;  // of the kept signal, Hz
    uint64_t now_ = 0;        // samples taken
    int32_t baseline_q10_ = 0;
    std::span<int16_t> signal_;  // ring: the last four seconds, smoothed, about 180 Hz
    uint64_t kept_ = 0;
    QrsDetector detector_;
    BeatIntervals intervals_;
    IntervalWords words_;
    BeatShapes shapes_;
    Beat beat_{};  // the last one found; its frame waits for the next
    bool waiting_ = false;
    bool found_ = false;
    uint32_t interval_before_ms_ = 0;  // before beat_'s own interval
    bool like_normal_before_ = false;  // whether the QRS before beat_ was like the normal one
};

}  // namespace ganglion
