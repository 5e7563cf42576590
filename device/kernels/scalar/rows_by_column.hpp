#pragma once

#include <cstdint>

namespace ganglion::scalar {

/// Rows that share the loads of a column.
#if defined(__ARM_ARCH_7M__)
inline constexpr uint32_t kRows = 6;
#else
inline constexpr uint32_t kRows = 4;
#endif

inline int32_t row_by_column(const int8_t* row, const int8_t* column, uint32_t count) {
    int32_t sum = 0;
    for (const int8_t* end = row + count; row != end;) sum += *row++ * *column++;
    return sum;
}

#if defined(__ARM_ARCH_6M__)
extern "C" void ganglion_rows_by_column(const int8_t* row, uint32_t apart, const int8_t* column,
                                        uint32_t count, int32_t* sums);

/// Rows lie `apart` bytes from each other; count is a positive multiple of 4.
inline void rows_by_column(const int8_t* row, uint32_t apart, const int8_t* column, uint32_t count,
                           int32_t (&sums)[kRows]) {
    ganglion_rows_by_column(row, apart, column, count, sums);
}
#elif defined(__ARM_ARCH_7M__)
/// Rows lie `apart` bytes from each other; count is a positive multiple of 4.
inline void rows_by_column(const int8_t* row, uint32_t apart, const int8_t* column, uint32_t count,
                           int32_t (&sums)[kRows]) {
    int32_t a = 0;
    int32_t b = 0;
    int32_t c = 0;
    int32_t d = 0;
    int32_t e = 0;
    int32_t f = 0;
    int32_t value = 0;
    int32_t weight = 0;
#define GANGLION_PRODUCT(sum, place) \
    "ldrsb  %[w], [" place           \
    "]      \n"                      \
    "mla    " sum ", %[w], %[x], " sum "\n"
#define GANGLION_TAP \
    "ldrsb  %[x], [%[column]], #1  \n"                   \
    GANGLION_PRODUCT("%[b]", "%[row], %[apart]")         \
    GANGLION_PRODUCT("%[c]", "%[row], %[apart], lsl #1") \
    GANGLION_PRODUCT("%[d]", "%[row], %[apart3]")        \
    GANGLION_PRODUCT("%[e]", "%[row], %[apart], lsl #2") \
    GANGLION_PRODUCT("%[f]", "%[row], %[apart5]")        \
    "ldrsb  %[w], [%[row]], #1     \n"                   \
    "mla    %[a], %[w], %[x], %[a] \n"
    asm("1:                            \n"  //
        GANGLION_TAP GANGLION_TAP GANGLION_TAP GANGLION_TAP
        "cmp    %[column], %[end]      \n"
        "bne    1b                     \n"
        : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [e] "+r"(e), [f] "+r"(f),
          [x] "=&r"(value), [w] "=&r"(weight), [row] "+r"(row), [column] "+r"(column)
        : [apart] "r"(apart), [apart3] "r"(3 * apart), [apart5] "r"(5 * apart),
          [end] "r"(column + count)
        : "cc", "memory");
#undef GANGLION_TAP
#undef GANGLION_PRODUCT
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
    sums[4] = e;
    sums[5] = f;
}
#else
/// Rows lie `apart` bytes from each other; count is a positive multiple of 4.
[[gnu::always_inline]] inline void rows_by_column(const int8_t* row, uint32_t apart,
                                                  const int8_t* column, uint32_t count,
                                                  int32_t (&sums)[kRows]) {
    int32_t a = 0;
    int32_t b = 0;
    int32_t c = 0;
    int32_t d = 0;
    const int8_t* second = row + apart;
    const int8_t* third = second + apart;
    const int8_t* fourth = third + apart;
    for (const int8_t* end = row + count; row != end; row += 4, column += 4) {
#pragma GCC unroll 4
        for (uint32_t i = 0; i < 4; ++i) {
            const int32_t value = column[i];
            a += row[i] * value;
            b += second[i] * value;
            c += third[i] * value;
            d += fourth[i] * value;
        }
        second += 4;
        third += 4;
        fourth += 4;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}
#endif

}  // namespace ganglion::scalar
