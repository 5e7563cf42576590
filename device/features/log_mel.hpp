#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/features/spectrum_section.hpp"

namespace ganglion {

/// Log mel energies of a one-channel stream, one frame of `bands` values per hop.
///
/// value = log2 energy - running mean of this band, in 1/256. The running
/// mean (only with `normalise_shift`) takes out the gain and the colour of a microphone, as PCEN
/// does (Wang et al., "Trainable frontend for robust and far-field keyword spotting", 2017) but by
/// subtraction in the log domain. It is the plain mean of all frames so far, in powers of two,
/// until 2^shift frames have passed, and decays exponentially from then.
class LogMel {
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

    /// Takes samples until a frame is complete or none are left; returns how many it took. `ready`
    /// tells whether `frame` (`bands` values) was written.
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    void finish_frame(std::span<uint8_t> scratch, int16_t* frame);

    SpectrumSection section_;
    int16_t* samples_ = nullptr;  // the window, oldest first
    int32_t* means_ = nullptr;    // Q20 per band
    uint32_t filled_ = 0;
    uint32_t frames_ = 0;
};

}  // namespace ganglion
