#pragma once

#include <span>

#include "compile/lookups.hpp"
#include "compile/operation.hpp"

namespace ganglion::compile {

/// Lets an operation give what a table makes of its results, so that nothing needs to look them up:
/// RELU, RELU6 or QUANTIZE behind a convolution, one function behind another. True where it can,
/// with equal bits for every result: where the table, as far as the results reach into it, limits
/// them or moves their zero point, or where the operation is a lookup itself, whose own table in
/// `constants`, which nobody else uses, then holds both.
bool fuse_lookup(Operation& operation, const LookupTable& table, std::span<uint8_t> constants);

}  // namespace ganglion::compile
