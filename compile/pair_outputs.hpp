#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "compile/pack.hpp"

namespace ganglion::compile {

/// The form of PairedFullyConnectedOp for a matrix product of one row, or for a convolution whose
/// one window is a run of its input; arguments and result as of pack(). Empty where the operation
/// is none, its depth no multiple of 4, a sum might pass 2^29, or a scale is not in [2^-23, 1/2).
std::optional<Packed> pair_outputs(const Operation& operation, std::span<const uint8_t> constants,
                                   uint32_t offset);

}  // namespace ganglion::compile
