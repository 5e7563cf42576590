#pragma once

#include "device/kernels/interleaved.hpp"
#include "device/kernels/x86/kernels.hpp"

namespace ganglion::x86 {

/// Where in scratch an interleaved kernel keeps the part of its image that a band of output rows
/// sees: `rows` rows with their borders; in a row the columns of each remainder modulo stride_x of
/// the output's, `parts` times `columns` pixels.
struct ScratchImage {
    uint32_t rows, parts, columns;

    size_t row_bytes(const Window2d& window) const {
        return size_t{parts} * columns * window.in_channels;
    }
};

/// Fills it for the output rows from `first_row` on; what lies outside the image becomes
/// `zero_point`.
void fill_scratch(const Kernels& kernels, const Window2d& window, const ScratchImage& image,
                  int32_t first_row, const int8_t* input, int8_t zero_point, uint8_t* scratch);

}  // namespace ganglion::x86
