#pragma once

#include "compile/pack.hpp"

namespace ganglion::compile {

/// Lays a convolution or matrix product out for vector units that multiply four bytes at once
/// (device/kernels/interleaved.hpp); arguments and result as pack(). Empty where the operation has
/// no interleaved form or where it would not give equal bits: a channel's scale is not in
/// [2^-23, 1/2), or its sums leave no room for the zero point.
std::optional<Packed> interleave(const Operation& operation, std::span<const uint8_t> constants,
                                 uint32_t offset);

}  // namespace ganglion::compile
