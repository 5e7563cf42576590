#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/features/feature_section.hpp"

namespace ganglion {

/// Log mel energies of a one-channel stream, one int8 frame of `bands` values per hop.
///
/// value = clamp(round((log2 energy - offset - running mean of this band) * steps)). The running
/// mean (only with `normalise_shift`) takes out the gain and the colour of a microphone, as PCEN
/// does (Wang et al., "Trainable frontend for robust and far-field keyword spotting", 2017) but by
/// subtraction in the log domain. It is the plain mean of all frames so far, in powers of two,
/// until 2^shift frames have passed, and decays exponentially from then.
class LogMel {
  public:
    /// Bytes of 8-byte aligned memory that must live as long as the block.
    static uint32_t state_bytes(const FeatureSection& section);
    /// Bytes of 8-byte aligned memory needed only during push().
    static uint32_t scratch_bytes(const FeatureSection& section);

    /// `section` must come from parse_feature_section(); `state` holds state_bytes().
    void start(const FeatureSection& section, std::span<uint8_t> state);

    /// Takes samples until a frame is complete or none are left; returns how many it took. `ready`
    /// tells whether `frame` (frame_values() values) was written.
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int8_t* frame,
                bool& ready);

  private:
    void finish_frame(std::span<uint8_t> scratch, int8_t* frame);

    FeatureSection section_;
    int16_t* samples_ = nullptr;  // the window, oldest first
    int32_t* means_ = nullptr;    // Q20 per band
    int16_t* energies_ = nullptr;
    uint32_t filled_ = 0;
    uint32_t frames_ = 0;
};

}  // namespace ganglion
