#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/features/spectrum_section.hpp"

namespace ganglion {

/// Band energies of a vibration, per channel: `bands` log2 energies and, with `time_features`, log2
/// of the mean square, the crest factor (peak over root mean square) and the kurtosis (fourth
/// moment over squared second) around the mean, each as log2 in 1/256. The last two rise when a
/// bearing begins to knock (Randall and Antoni, "Rolling element bearing diagnostics", 2011).
class SpectrumBands {
  public:
    using Parameters = SpectrumSection;
    static Status parse(const FeatureHeader& common, std::span<const uint8_t> bytes,
                        SpectrumSection& section) {
        return parse_spectrum_section(common, bytes, section);
    }

    /// Bytes of 8-byte aligned memory that must live as long as the block.
    static uint32_t state_bytes(const SpectrumSection& section);
    /// Bytes of 8-byte aligned memory needed only during push().
    static uint32_t scratch_bytes(const SpectrumSection& section);

    /// `section` must come from parse(); `state` holds state_bytes().
    void start(const SpectrumSection& section, std::span<uint8_t> state);

    /// Takes interleaved samples until a frame is complete or none are left; returns how many
    /// values it took. `ready` tells whether `frame` (all values, channel after channel)
    /// was written.
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    SpectrumSection section_;
    int16_t* samples_ = nullptr;  // the window, oldest first, interleaved
    uint32_t filled_ = 0;
};

}  // namespace ganglion
