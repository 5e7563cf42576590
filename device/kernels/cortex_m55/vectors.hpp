#pragma once

#include <arm_mve.h>

#include <cstdint>

#include "device/kernels/op.hpp"

/// What the kernels for the vector extension (Helium) share. Four lanes of int32 unless said
/// otherwise.
namespace ganglion::cortex_m55 {

inline constexpr uint32_t kLanes = 4;

inline int32x4_t vector_of(int32_t a, int32_t b, int32_t c, int32_t d) {
    int32x4_t result;
    asm("vmov %q0[2], %q0[0], %1, %3\n\t"
        "vmov %q0[3], %q0[1], %2, %4"
        : "=&w"(result)
        : "r"(a), "r"(b), "r"(c), "r"(d));
    return result;
}

/// 0, step, 2 * step, 3 * step
inline uint32x4_t multiples_of(uint32_t step) {
    return vmulq_n_u32(vidupq_n_u32(0, 1), step);
}

/// Bytes from `from` to `to`; where they overlap, `to` lies before `from`.
inline void copy_bytes(int8_t* to, const int8_t* from, uint32_t count) {
    asm volatile(
        "wlstp.8 lr, %[count], 2f\n\t"
        "1: vldrb.u8 q0, [%[from]], #16\n\t"
        "vstrb.8 q0, [%[to]], #16\n\t"
        "letp lr, 1b\n\t"
        "2:"
        : [to] "+r"(to), [from] "+r"(from)
        : [count] "r"(count)
        : "q0", "lr", "memory");
}

inline void fill_bytes(int8_t* to, int8_t value, uint32_t count) {
    const int8x16_t values = vdupq_n_s8(value);
    asm volatile(
        "wlstp.8 lr, %[count], 2f\n\t"
        "1: vstrb.8 %q[values], [%[to]], #16\n\t"
        "letp lr, 1b\n\t"
        "2:"
        : [to] "+r"(to)
        : [count] "r"(count), [values] "w"(values)
        : "lr", "memory");
}

/// Adds the zero point and clamps to the range.
class ToOutput {
  public:
    explicit ToOutput(const OutputRange& range)
        : minimum_(vdupq_n_s32(range.minimum)),
          maximum_(vdupq_n_s32(range.maximum)),
          zero_point_(range.zero_point) {}

    int32x4_t operator()(int32x4_t values) const {
        return vminq_s32(vmaxq_s32(vaddq_n_s32(values, zero_point_), minimum_), maximum_);
    }

  private:
    int32x4_t minimum_, maximum_;
    int32_t zero_point_;
};

/// requantize() of requantize.hpp in lanes of one scale each; `shifts` in [-31, 30].
inline int32x4_t requantize(int32x4_t sums, int32x4_t multipliers, int32x4_t shifts) {
    const int32x4_t zero = vdupq_n_s32(0);
    const int32x4_t right = vminq_s32(shifts, zero);
    const int32x4_t high = vqrdmulhq_s32(vshlq_s32(sums, vmaxq_s32(shifts, zero)), multipliers);
    // The rounding shift takes ties up: one less takes those of negative numbers down.
    return vrshlq_s32(vaddq_s32(high, vshrq_n_s32(vandq_s32(high, right), 31)), right);
}

/// The same for one scale in all lanes.
inline int32x4_t requantize(int32x4_t sums, int32_t multiplier, int32_t shift) {
    if (shift > 0) return vqrdmulhq_n_s32(vshlq_r_s32(sums, shift), multiplier);
    const int32x4_t high = vqrdmulhq_n_s32(sums, multiplier);
    if (shift == 0) return high;
    return vrshlq_n_s32(vaddq_s32(high, vshrq_n_s32(high, 31)), shift);
}

/// The same for a shift of at least 1 to the right. `is_positive`: results below 0 will be clamped
/// away, so how their ties round does not matter.
template <bool is_positive>
int32x4_t requantize_right(int32x4_t sums, int32_t multiplier, int32_t shift) {
    const int32x4_t high = vqrdmulhq_n_s32(sums, multiplier);
    if constexpr (is_positive) return vrshlq_n_s32(high, shift);
    return vrshlq_n_s32(vaddq_s32(high, vshrq_n_s32(high, 31)), shift);
}

}  // namespace ganglion::cortex_m55
