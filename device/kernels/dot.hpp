#pragma once

#include <cstdint>

namespace ganglion {

/// Sum of a[i] * b[i] over `count` int8, which is at most kMostTaps: a row of a recurrent layer.
int32_t dot(const int8_t* a, const int8_t* b, uint32_t count);

}  // namespace ganglion
