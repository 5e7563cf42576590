#include "device/kernels/portable/interleaved_depthwise_conv_2d.hpp"

namespace ganglion {

void interleaved_depthwise_conv_2d(const InterleavedDepthwiseConv2dOp& op, int8_t* arena,
                                   const uint8_t* constants) {
    portable::interleaved_depthwise_conv_2d(op, arena, constants);
}

}  // namespace ganglion
