#pragma once

#include <cstdint>

namespace ganglion::scalar {

/// Rows that share the loads of a column.
inline constexpr uint32_t kRows = 4;

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
