#include "device/features/band_energies.hpp"

#include <bit>

#include "device/features/integer_log2.hpp"
#include "device/features/power_spectrum.hpp"

namespace ganglion {

namespace {

/// 0, 1, 2, … below `count`, a power of two, each with its bits in reversed order.
class ReversedCount {
  public:
    explicit ReversedCount(uint32_t count)
        : half_(count / 2), shift_(static_cast<uint32_t>(std::countl_zero(count)) + 1U) {}

    uint32_t next() {
#if defined(__thumb2__)
        uint32_t reversed = 0;
        asm("rbit %0, %1" : "=r"(reversed) : "r"(value_));
        ++value_;
        return reversed >> shift_;
#else
        const uint32_t reversed = value_;
        uint32_t bit = half_;  // add one from the top
        while ((value_ & bit) != 0) {
            value_ ^= bit;
            bit /= 2;
        }
        value_ |= bit;
        return reversed;
#endif
    }

  private:
    [[maybe_unused]] uint32_t half_, shift_;
    uint32_t value_ = 0;
};

// Windows the samples into bit-reversed order, pairs as complex values, and pads with zeros.
void load(const SpectrumSection& section, const int16_t* samples, uint32_t step, Complex* x) {
    const uint32_t half = section.header.window / 2U;  // the window's values, and pairs
    const uint16_t* weight = section.half_window.data();
    ReversedCount place(section.header.fft_size / 2U);
    uint32_t i = 0;
    for (; i < half / 2; ++i, samples += 2 * size_t{step}, weight += 2)
        x[place.next()] = {samples[0] * weight[0], samples[step] * weight[1]};
    if (half % 2 != 0) {
        x[place.next()] = {samples[0] * weight[0], samples[step] * weight[0]};
        samples += 2 * size_t{step};
        ++i;
    }
    for (; i < half; ++i, samples += 2 * size_t{step}) {
        weight -= 2;
        x[place.next()] = {samples[0] * weight[1], samples[step] * weight[0]};
    }
    for (; i < section.header.fft_size / 2U; ++i) x[place.next()] = {0, 0};
}

// sum + a * b; GCC has no pattern for the one instruction that a loop needs.
inline uint64_t multiply_add(uint32_t a, uint32_t b, uint64_t sum) {
#if defined(__thumb2__)
    asm("umlal %Q0, %R0, %1, %2" : "+r"(sum) : "r"(a), "r"(b));
    return sum;
#else
    return sum + uint64_t{a} * b;
#endif
}

// Weighted sum of `count` bins, at least one. By Parseval all bins together stay below 2^46, so
// weights of at most 2^12 leave room, in the upper halves' sum too.
uint64_t weighted(const uint64_t* bins, const uint16_t* weights, uint32_t count) {
    uint64_t low = 0;
    uint32_t high = 0;
    const auto add = [&](uint64_t bin, uint32_t weight) {
        low = multiply_add(static_cast<uint32_t>(bin), weight, low);
        high += static_cast<uint32_t>(bin >> 32U) * weight;
    };
    if (count % 2 != 0) add(*bins++, *weights++);
    for (const uint64_t* const end = bins + count / 2 * 2; bins != end; bins += 2, weights += 2) {
        add(bins[0], weights[0]);
        add(bins[1], weights[1]);
    }
    return low + (uint64_t{high} << 32U);
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
        const uint32_t first = section.band_ranges[2 * band];
        const uint32_t count = section.band_ranges[2 * band + 1];
        log2_q8_out[band] = static_cast<int16_t>(log2_q8(weighted(powers + first, weight, count)));
        weight += count;
    }
}

}  // namespace ganglion
