#pragma once

#include <cstdint>
#include <span>

namespace ganglion {

/// One complex value of the FFT.
struct Complex {
    int32_t re;
    int32_t im;
};

constexpr uint32_t kMinimumFft = 128;
constexpr uint32_t kMaximumFft = 2048;

/// In place, over `fft_size / 2` complex values in bit-reversed order (value i holds real samples
/// 2i and 2i+1): the power spectrum |X[k]|^2 / 2^16 of the real signal, k = 0..fft_size/2, with
/// X[k] = sum x[n] e^(-2 pi i k n / fft_size) / (fft_size/2). Each sample at most 2^30 - 2^15 in
/// magnitude and their mean magnitude at most 0.75 * 2^30; then nothing overflows: every stage
/// halves. Memory: fft_size/2 + 1 values of 8 bytes, first used as Complex, then as uint64_t.
void power_spectrum(void* memory, uint32_t fft_size);

}  // namespace ganglion
