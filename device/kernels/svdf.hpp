#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 SVDF: each filter's product with the input joins its `memory` last ones, which are summed
/// by the filter's weights in time; `rank` filters make a unit (Nakkiran et al., Compressing Deep
/// Neural Networks using a Rank-Constrained Topology, 2015). input [batches, inputs], state
/// [batches, filters, memory], kept from run to run, output [batches, filters / rank]. Element is
/// int8 or int16: what state and weights in time consist of. All lie apart, int16 at even offsets.
struct SvdfOp {
    OpHeader header;
    uint32_t batches, inputs, filters, memory, rank;
    uint32_t input, output;  ///< in the arena
    uint32_t state;          ///< in the arena
    uint32_t features;  ///< int8 [filters, inputs], in the constants, as the others 4-byte aligned
    uint32_t feature_bias;  ///< int32 [filters]: -input zero point * sum of the filter's weights
    uint32_t time;          ///< Element [filters, memory]
    uint32_t bias;          ///< int32 [units]: bias - state zero point * sum of weights in time
    int32_t feature_multiplier, feature_shift;  ///< 0 or [2^30, 2^31); [-31, 30]
    int32_t multiplier, shift;                  ///< likewise, of the sum in time
    OutputRange range;
    int16_t state_zero_point;
    uint16_t state_bytes;  ///< of an Element, 1 or 2
};

void svdf(const SvdfOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
