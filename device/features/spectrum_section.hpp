#pragma once

#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"

namespace ganglion {

/// Parameters of log_mel and spectrum_bands as they lie in a bundle (little-endian, no padding).
/// After it come, all uint16: the rising half of the analysis window in Q15 (`window / 2` values;
/// the window is symmetric), `bands` pairs (first bin, number of bins), and `taps` filter weights
/// in Q12, band after band.
struct SpectrumHeader {
    uint16_t window;           ///< samples under the window, even, at most fft_size
    uint16_t hop;              ///< samples from one frame to the next, 1..window
    uint16_t fft_size;         ///< power of two, 128..2048
    uint16_t bands;            ///< filters per channel, 1..128
    uint16_t time_features;    ///< 1: three more values per channel (spectrum_bands only)
    uint16_t normalise_shift;  ///< log_mel: running mean over about 2^shift frames is subtracted;
                               ///< 0: none
    uint32_t taps;             ///< number of filter weights
};
static_assert(sizeof(SpectrumHeader) == 16);

/// A checked view; points into the bytes it was parsed from.
struct SpectrumSection {
    SpectrumHeader header{};
    uint32_t channels = 0;
    std::span<const uint16_t> half_window;
    std::span<const uint16_t> band_ranges;  ///< (first bin, count) for each band
    std::span<const uint16_t> weights;
};

/// Checks everything that the two blocks rely on, so that no sum overflows and no bin lies outside.
Status parse_spectrum_section(const FeatureHeader& common, std::span<const uint8_t> bytes,
                              SpectrumSection& section);

}  // namespace ganglion
