#pragma once

#include <cstdint>
#include <span>

#include "device/features/spectrum_section.hpp"

namespace ganglion {

/// Bytes of 8-byte aligned scratch memory that band_energies() needs; its contents need not survive
/// between calls.
inline uint32_t band_energies_scratch_bytes(const SpectrumSection& section) {
    return (section.header.fft_size / 2U + 1U) * 8U;
}

/// Window, real FFT, power, filter bank, log2: the common part of every spectral feature.
/// `samples`: `window` values, `step` apart (the number of interleaved channels). `log2_q8`:
/// `bands` values, the log2 of each band's energy in 1/256, 0 for silence. A full-scale sine gives
/// about 54, one LSB of white noise about 19. Integer only; equal bits on every target. The 32-bit
/// FFT halves at each stage, so it cannot overflow, and keeps more than 90 dB below the strongest
/// line.
void band_energies(const SpectrumSection& section, const int16_t* samples, uint32_t step,
                   std::span<uint8_t> scratch, int16_t* log2_q8);

}  // namespace ganglion
