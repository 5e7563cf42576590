#pragma once

#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

enum class FeatureKind : uint32_t { log_mel = 1, spectrum_bands = 2 };

/// First bytes of a bundle's FEATURES section (little-endian, no padding). After it come, all
/// uint16: the rising half of the analysis window in Q15 (`window / 2` values; the window is
/// symmetric), `bands` pairs (first bin, number of bins), and `taps` filter weights in Q12, band
/// after band.
struct FeatureHeader {
    uint32_t kind;             ///< FeatureKind
    uint32_t rate_hz;          ///< samples per second and channel
    uint16_t channels;         ///< interleaved channels, 1..4 (log_mel: 1)
    uint16_t window;           ///< samples under the window, even, at most fft_size
    uint16_t hop;              ///< samples from one frame to the next, 1..window
    uint16_t fft_size;         ///< power of two, 128..2048
    uint16_t bands;            ///< filters per channel, 1..128
    uint16_t time_features;    ///< 1: three more values per channel (spectrum_bands only)
    uint16_t frames;           ///< frames that the model sees at once
    uint16_t stride;           ///< frames between two inferences
    int32_t offset_q8;         ///< log2 energy that becomes 0, in 1/256
    int32_t steps_q8;          ///< int8 steps per doubling of energy, in 1/256
    uint32_t normalise_shift;  ///< log_mel: running mean over about 2^shift frames is subtracted;
                               ///< 0: none
    uint32_t
        learn_frames;  ///< spectrum_bands: frames of normal running learned first; 0: fixed scaling
    uint32_t taps;     ///< number of filter weights
};
static_assert(sizeof(FeatureHeader) == 44);

/// A checked view of a FEATURES section; points into the bytes it was parsed from.
struct FeatureSection {
    FeatureHeader header{};
    std::span<const uint16_t> half_window;
    std::span<const uint16_t> band_ranges;  ///< (first bin, count) for each band
    std::span<const uint16_t> weights;

    /// Values in one frame, over all channels.
    uint32_t frame_values() const {
        return header.channels * (header.bands + (header.time_features != 0 ? 3U : 0U));
    }
    FeatureKind kind() const { return static_cast<FeatureKind>(header.kind); }
};

/// Checks everything that the feature blocks rely on. `bytes` must be 4-byte aligned.
Status parse_feature_section(std::span<const uint8_t> bytes, FeatureSection& section);

}  // namespace ganglion
