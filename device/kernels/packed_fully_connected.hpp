#pragma once

#include "device/kernels/fully_connected.hpp"
#include "device/kernels/packed.hpp"

namespace ganglion {

/// A matrix product as FullyConnectedOp, four outputs at a time. `records`, in the constants,
/// 4-byte aligned: for each four outputs a, b, c, d
///   int32_t bias[4]                a, 256 * b + a, c, 256 * d + c
///   for each 4 taps, rounded up with zeros: uint16_t weights[8]: taps 0 2 1 3 of the pair (a, b),
///   then of (c, d), as even_weight() and odd_weight()
/// The last record has zeros for outputs that do not exist. Sums of b and d must stay in
/// [-2^23, 2^23).
struct PackedFullyConnectedOp {
    OpHeader header;
    uint32_t rows, depth, out;
    uint32_t input, output;  ///< in the arena
    uint32_t records;
    int32_t multiplier;  ///< 0 or in [2^30, 2^31)
    int32_t shift;       ///< [-31, 30]
    OutputRange range;
};

constexpr uint32_t packed_fully_connected_record_bytes(uint32_t depth) {
    return 16 + 4 * round_up_to_4(depth);
}

constexpr uint32_t packed_fully_connected_record_count(uint32_t out) {
    return (out + 3) / 4;
}

void packed_fully_connected(const PackedFullyConnectedOp& op, int8_t* arena,
                            const uint8_t* constants);

}  // namespace ganglion
