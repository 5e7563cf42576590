#pragma once

#include "compile/pack.hpp"

namespace ganglion::compile {

/// Lays a convolution or matrix product out for processors that have one multiplier and no dual
/// instructions (device/kernels/paired_conv_2d.hpp; depthwise convolutions as pack() does);
/// arguments and result as pack(). Empty where the operation has no such form or where it would not
/// give equal bits: a weight is -128, a channel's sums might pass 23 bits, or its scale is not in
/// [2^-23, 1/2).
std::optional<Packed> pair(const Operation& operation, std::span<const uint8_t> constants,
                           uint32_t offset);

}  // namespace ganglion::compile
