#pragma once

#include "device/kernels/packed.hpp"

namespace ganglion {

/// One row of a matrix product, for processors that sum products in 64 bits: two outputs share a
/// word, so that one multiplication serves both (docs/decisions/0012-paired-outputs.md).
/// input [depth], output [out]. `records`, in the constants, 4-byte aligned: for each four outputs
/// a, b, c, d
///   PairedRow rows[4]         of a, b, c, d
///   for each 2 taps           two words: of the pair (a, b), then of (c, d); bytes from the
///   lowest:
///                             first tap of a + 128, second of b, second of a + 128, first of b
/// The last record has zeros for outputs that do not exist. Sums, bias included, must stay in
/// (-2^29, 2^29). The output does not overlap the input.
struct PairedFullyConnectedOp {
    OpHeader header;
    uint32_t depth;  ///< a multiple of 4
    uint32_t out;
    uint32_t input, output;  ///< in the arena
    uint32_t records;
    OutputRange range;
};

/// What scales an output.
struct PairedRow {
    int32_t bias;           ///< with the input's zero point folded in
    int32_t multiplier;     ///< 0 or in [2^30, 2^31)
    uint32_t shift_less_1;  ///< at most kMostPackedShift
};

constexpr uint32_t paired_fully_connected_record_bytes(uint32_t depth) {
    return static_cast<uint32_t>(4 * sizeof(PairedRow)) + 4 * depth;
}

constexpr uint32_t paired_fully_connected_record_count(uint32_t out) {
    return (out + 3) / 4;
}

/// Where in a word the weight of the first or second tap lies, of the first or second output.
constexpr uint32_t paired_weight_byte(bool second_tap, bool second_output) {
    return second_output ? (second_tap ? 1 : 3) : (second_tap ? 2 : 0);
}

void paired_fully_connected(const PairedFullyConnectedOp& op, int8_t* arena,
                            const uint8_t* constants);

}  // namespace ganglion
