#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compile/operation.hpp"

namespace ganglion::compile {

/// An operation in its packed form (device/kernels/packed.hpp) and its records.
struct Packed {
    Operation operation;
    std::vector<uint8_t> records;
};

/// Packs a convolution or matrix product, whose weights lie in `constants`; the records will lie at
/// `offset` of the program's constants. Arena fields keep their values, scratch is UINT32_MAX.
/// Empty where the operation has no packed form or where it would not give equal bits: an odd
/// channel's sums might pass 24 bits, or a channel's scale is not in [2^-23, 1/2).
std::optional<Packed> pack(const Operation& operation, std::span<const uint8_t> constants,
                           uint32_t offset);

}  // namespace ganglion::compile
