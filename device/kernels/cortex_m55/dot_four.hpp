#pragma once

#include "device/kernels/cortex_m55/vectors.hpp"

namespace ganglion::cortex_m55 {

/// Sums of `count` products of `values` with each of four rows of weights, on top of `sums`.
inline int32x4_t dot_four(const int8_t* values, const int8_t* const (&weights)[4], uint32_t count,
                          const int32_t (&begin)[4]) {
    int32_t a = begin[0];
    int32_t b = begin[1];
    int32_t c = begin[2];
    int32_t d = begin[3];
    const int8_t* of_a = weights[0];
    const int8_t* of_b = weights[1];
    const int8_t* of_c = weights[2];
    const int8_t* of_d = weights[3];
    asm("wlstp.8 lr, %[count], 2f\n\t"
        "1: vldrb.u8 q0, [%[values]], #16\n\t"
        "vldrb.u8 q1, [%[of_a]], #16\n\t"
        "vmladava.s8 %[a], q0, q1\n\t"
        "vldrb.u8 q2, [%[of_b]], #16\n\t"
        "vmladava.s8 %[b], q0, q2\n\t"
        "vldrb.u8 q3, [%[of_c]], #16\n\t"
        "vmladava.s8 %[c], q0, q3\n\t"
        "vldrb.u8 q1, [%[of_d]], #16\n\t"
        "vmladava.s8 %[d], q0, q1\n\t"
        "letp lr, 1b\n\t"
        "2:"
        : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [values] "+r"(values),
          [of_a] "+r"(of_a), [of_b] "+r"(of_b), [of_c] "+r"(of_c), [of_d] "+r"(of_d)
        : [count] "r"(count)
        : "q0", "q1", "q2", "q3", "lr", "memory");
    return vector_of(a, b, c, d);
}

}  // namespace ganglion::cortex_m55
