#include "device/kernels/portable/interleaved_conv_2d.hpp"

namespace ganglion {

void interleaved_conv_2d(const InterleavedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    portable::interleaved_conv_2d(op, arena, constants);
}

}  // namespace ganglion
