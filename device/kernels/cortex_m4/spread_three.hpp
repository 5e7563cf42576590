#pragma once

#include <cstdint>

namespace ganglion::cortex_m4 {

/// Sign-extends `groups` (at least 1) times four taps of three pixels, `step` bytes from one to the
/// next, into three interleaved patches of int16. Returns the end of what was written.
extern "C" uint32_t* ganglion_spread_three(const int8_t* from, uint32_t step, uint32_t* to,
                                           uint32_t groups);

}  // namespace ganglion::cortex_m4
