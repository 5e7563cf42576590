#pragma once

#include <cstdint>

namespace ganglion {

/// log2(value) in 1/256, rounded; 0 for 0 and 1. Off by at most 1/256 from the true value.
int32_t log2_q8(uint64_t value);

}  // namespace ganglion
