#pragma once

#include <arm_acle.h>

#include <cstdint>
#include <cstring>

/// The processor's dual 16-bit instructions, by name where GCC's own header has none.
namespace ganglion::dsp {

inline uint32_t load(const void* from) {
    uint32_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

inline void store(void* to, uint32_t word) {
    std::memcpy(to, &word, sizeof word);
}

/// Bytes 0 and 2 as two int16.
inline uint32_t even_bytes(uint32_t word) {
    return static_cast<uint32_t>(__sxtb16(static_cast<int8x4_t>(word)));
}

/// Bytes 1 and 3 as two int16.
inline uint32_t odd_bytes(uint32_t word) {
    uint32_t result = 0;
    asm("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
    return result;
}

/// sums + bytes 0 and 2, as two int16.
inline uint32_t add_even_bytes(uint32_t sums, uint32_t word) {
    uint32_t result = 0;
    asm("sxtab16 %0, %1, %2" : "=r"(result) : "r"(sums), "r"(word));
    return result;
}

/// sums + bytes 1 and 3, as two int16.
inline uint32_t add_odd_bytes(uint32_t sums, uint32_t word) {
    uint32_t result = 0;
    asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(sums), "r"(word));
    return result;
}

/// sum + both products of the int16 halves, modulo 2^32.
inline int32_t multiply_add(uint32_t a, uint32_t b, int32_t sum) {
    return __smlad(static_cast<int16x2_t>(a), static_cast<int16x2_t>(b), sum);
}

/// sum + the product of the low halves, modulo 2^32.
inline int32_t multiply_add_low(uint32_t a, uint32_t b, int32_t sum) {
    int32_t result = 0;
    asm("smlabb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
}

/// sum + the product of the high halves, modulo 2^32.
inline int32_t multiply_add_high(uint32_t a, uint32_t b, int32_t sum) {
    int32_t result = 0;
    asm("smlatt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
}

/// addend + a * b / 2^32, rounded to nearest, ties up.
inline int32_t high_multiply_add(int32_t a, int32_t b, int32_t addend) {
    int32_t result = 0;
    asm("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(addend));
    return result;
}

/// Low half of `low`, low half of `high`.
inline uint32_t pack_low(uint32_t low, uint32_t high) {
    uint32_t result = 0;
    asm("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
    return result;
}

/// High half of `low`, high half of `high`.
inline uint32_t pack_high(uint32_t low, uint32_t high) {
    uint32_t result = 0;
    asm("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(high), "r"(low));
    return result;
}

}  // namespace ganglion::dsp
