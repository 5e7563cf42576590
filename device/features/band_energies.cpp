#include "device/features/band_energies.hpp"

#include "device/features/integer_log2.hpp"
#include "device/features/power_spectrum.hpp"

namespace ganglion {

namespace {

// Windows the samples into bit-reversed order, pairs as complex values, and pads with zeros.
void load(const SpectrumSection& section, const int16_t* samples, uint32_t step, Complex* x) {
    const uint32_t count = section.header.fft_size / 2U;
    const uint32_t pairs = section.header.window / 2U;
    const uint32_t half = section.header.window / 2U;
    const uint16_t* rising = section.half_window.data();
    uint32_t reversed = 0;
    for (uint32_t i = 0; i < count; ++i) {
        Complex value = {0, 0};
        if (i < pairs) {
            const uint32_t even = 2 * i;
            const uint32_t odd = even + 1;
            const int32_t first = rising[even < half ? even : 2 * half - 1 - even];
            const int32_t second = rising[odd < half ? odd : 2 * half - 1 - odd];
            value = {samples[even * step] * first, samples[odd * step] * second};
        }
        x[reversed] = value;
        uint32_t bit = count / 2;  // add one from the top
        while ((reversed & bit) != 0) {
            reversed ^= bit;
            bit /= 2;
        }
        reversed |= bit;
    }
}

}  // namespace

void band_energies(const SpectrumSection& section, const int16_t* samples, uint32_t step,
                   std::span<uint8_t> scratch, int16_t* log2_q8_out) {
    void* memory = scratch.data();
    load(section, samples, step, static_cast<Complex*>(memory));
    power_spectrum(memory, section.header.fft_size);
    const auto* powers = static_cast<const uint64_t*>(memory);
    const uint16_t* weight = section.weights.data();
    for (uint32_t band = 0; band < section.header.bands; ++band) {
        const uint64_t* bin = powers + section.band_ranges[2 * band];
        const uint64_t* end = bin + section.band_ranges[2 * band + 1];
        uint64_t sum = 0;
        // By Parseval all bins together stay below 2^62, so 2^-16 and weights of at most 2^12 leave
        // room.
        while (bin != end) sum += (*bin++ >> 16U) * *weight++;
        log2_q8_out[band] = static_cast<int16_t>(log2_q8(sum));
    }
}

}  // namespace ganglion
