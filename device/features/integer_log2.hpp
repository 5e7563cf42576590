#pragma once

#include <cstdint>

namespace ganglion {

/// log2(value) in 1/256, rounded; 0 for 0 and 1. Off by at most 1/256 from the true value.
int32_t log2_q8(uint64_t value);

/// The least value whose log2_q8() is `log` or more, at most 2^24.
uint32_t exp2_q8(int32_t log);

}  // namespace ganglion
