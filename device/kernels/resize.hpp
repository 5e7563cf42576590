#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// An image of another height and width, every pixel the nearest one of the input. rows[out height]
/// and columns[out width], uint16_t in the constants, say which. input and output do not overlap.
struct ResizeNearestOp {
    OpHeader header;
    uint16_t in_height, in_width, out_height, out_width;
    uint32_t pixel_bytes;
    uint32_t input, output;  ///< in the arena
    uint32_t rows, columns;  ///< in the constants, 4-byte aligned
};

/// How far the positions of one dimension lie apart, in 1/1024 of an input pixel: position n is at
/// n * step + begin, in [-512, 1024 * pixels).
struct ResizeAxis {
    int32_t step, begin;
};

/// An image [height, width, channels] of another height and width, each value interpolated between
/// four. input and output do not overlap.
struct ResizeBilinearOp {
    OpHeader header;
    uint16_t in_height, in_width, out_height, out_width;
    uint32_t channels;
    ResizeAxis y, x;
    uint32_t input, output;  ///< in the arena
};

void resize_nearest(const ResizeNearestOp& op, int8_t* arena, const uint8_t* constants);
void resize_bilinear(const ResizeBilinearOp& op, int8_t* arena, const uint8_t* constants);
/// Of int16, at even offsets.
void int16_resize_bilinear(const ResizeBilinearOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
