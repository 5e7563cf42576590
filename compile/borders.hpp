#pragma once

#include <cstdint>

#include "device/program/tensor_info.hpp"
#include "model/graph.hpp"

// The tensors that a program exchanges with its caller.

namespace ganglion::compile {

/// The graph without the QUANTIZE operators behind float32 inputs and the DEQUANTIZE operators
/// before float32 outputs: its inputs and outputs are the quantized tensors, whose scales and zero
/// points the caller applies. Throws std::runtime_error where a float32 input has readers that want
/// different quantizations.
model::Graph with_quantized_borders(const model::Graph& graph);

/// Throws std::runtime_error where an input or output is not a quantized tensor of 1 to 4
/// dimensions in int8, uint8 or int16 (an output also indices in int32 or int64).
void check_borders(const model::Graph& graph);

/// Bytes of the arena for a computed tensor. Indices in int64 take 4 bytes each, as in int32.
uint32_t arena_bytes(const model::Tensor& tensor);

/// What check_borders() accepts, as the program describes it. A scalar is a vector of one.
TensorInfo border_of(const model::Tensor& tensor, uint32_t offset);

}  // namespace ganglion::compile
