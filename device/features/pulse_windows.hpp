#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"
#include "device/features/pulse_detector.hpp"

namespace ganglion {

/// Parameters of PulseWindows as they lie in a bundle's section (little-endian, no padding).
struct PulseWindowParameters {
    uint16_t rate_hz;   ///< PulseDetector::kLowestRate..kHighestRate
    uint16_t window_s;  ///< 20..300
    uint16_t hop_s;     ///< 1..window_s
    uint16_t zero;      ///< always 0
};
static_assert(sizeof(PulseWindowParameters) == 8);

/// Every `hop_s`, what the pulse did in the last `window_s` of a photoplethysmogram. An interval is
/// trusted when it and its neighbours differ by less than a fifth; the others count as lost. Frame,
/// int16 (log2 in 1/256, shares in 1/1024), with what is not known as it was in the frame before:
///  0      log2 of the rate, beats a minute
///  1, 2   log2 of RMSSD and SDNN, ms
///  3      pNN50
///  4, 5   log2 of low- and high-frequency power, ms^2
///  6      share of the intervals that is trusted
///  7      log2 of the pulses' mean height, sample units
///  8      log2 of the mean change from sample to sample, 1/16 sample unit: movement
class PulseWindows {
  public:
    static constexpr uint32_t kValues = 9;

    using Parameters = PulseWindowParameters;

    /// Copies and checks a FeatureBlock's section. Errors: truncated, bad_shape, bad_value.
    static Status parse(const FeatureHeader& header, std::span<const uint8_t> bytes,
                        PulseWindowParameters& parameters);

    static uint32_t state_bytes(const PulseWindowParameters& parameters);
    static constexpr uint32_t scratch_bytes(const PulseWindowParameters& /*parameters*/) {
        return 0;
    }

    /// `parameters` from parse(); `state`: state_bytes(), 4-byte aligned, the caller's.
    void start(const PulseWindowParameters& parameters, std::span<uint8_t> state);

    /// As EcgBeats::push().
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    void take_pulse();
    void write_frame(int16_t* frame);
    bool agree(uint32_t index) const;

    PulseWindowParameters parameters_{};
    PulseDetector detector_;
    std::span<uint16_t> intervals_;  // 1/16 ms, oldest first
    std::span<uint16_t> trusted_;    // the same with the others 0
    uint32_t count_ = 0;
    uint64_t now_ = 0;
    uint64_t last_q8_ = 0;  // place of the last pulse
    bool found_ = false;
    uint64_t heights_ = 0;  // sum, and their number, in this hop
    uint32_t height_count_ = 0;
    uint64_t movement_ = 0;
    int16_t last_sample_ = 0;
    int16_t frame_[kValues] = {};
};

}  // namespace ganglion
