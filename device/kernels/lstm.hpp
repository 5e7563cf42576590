#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 LSTM with an int16 cell state, without peepholes, projection and layer normalization
/// (Hochreiter and Schmidhuber, Long Short-Term Memory, 1997), in the roundings of TensorFlow Lite
/// Micro. For each batch and step, with x the input and h the hidden state:
///   gate = activation(Wx + bias + Uh), four of them: forget, input and output by the logistic
///   function, the candidate by tanh
///   cell = forget * cell + input * candidate;  h = output * tanh(cell)
/// Both states are kept from run to run. input [batches, steps, inputs] and output [batches, steps,
/// units], or with time major [steps, batches, ...]; hidden [batches, units]; cell [batches, units]
/// int16, at an even offset. All lie apart.
struct LstmOp {
    /// A factor that brings a sum to another scale.
    struct Factor {
        int32_t multiplier;  ///< 0 or [2^30, 2^31)
        int32_t shift;       ///< [-31, 30]
    };
    /// In the constants, 4-byte aligned; sums go to Q3.12.
    struct Gate {
        uint32_t input_weights;      ///< int8 [units, inputs]
        uint32_t recurrent_weights;  ///< int8 [units, units]
        uint32_t input_bias;      ///< int32 [units]: bias - input zero point * sum of the weights
        uint32_t recurrent_bias;  ///< int32 [units]: - hidden zero point * sum of the weights
        Factor from_input, from_hidden;
    };
    OpHeader header;
    uint32_t batches, steps, inputs, units;
    uint32_t input, output;  ///< in the arena
    uint32_t hidden, cell;   ///< in the arena
    Gate forget_gate, input_gate, candidate, output_gate;
    Factor keep;    ///< forget * cell to the cell's scale
    Factor take;    ///< input * candidate to the cell's scale
    Factor result;  ///< output * tanh(cell) to the hidden state's scale
    int32_t cell_multiplier,
        cell_shift;     ///< as Int16SigmoidOp's, of the cell to the tanh's argument
    OutputRange range;  ///< of hidden state and output
    int16_t cell_clip;  ///< the cell stays within [-cell_clip, cell_clip]; 0: no clip
    uint16_t is_time_major;
};

void lstm(const LstmOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
