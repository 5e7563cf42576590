#pragma once

#include <cstdint>
#include <optional>

#include "compile/draft.hpp"

namespace ganglion::compile {

/// Rows `first` up to, but not including, `end` of an image; outside the image where a window
/// reaches over its edge.
struct Rows {
    int32_t first, end;
    int32_t count() const { return end - first; }
};

/// How an operation goes down the rows of an image; row r of the result sees the rows
/// r * stride - pad + k * dilation, k < kernel, of each input.
struct RowSlide {
    int32_t in, out;               ///< rows
    uint32_t in_bytes, out_bytes;  ///< of one
    int32_t kernel = 1, stride = 1, dilation = 1, pad = 0;
};

/// Empty for operations that do not go row by row. A column of pixels that packing laid down as a
/// row counts as a column.
std::optional<RowSlide> row_slide(const Step& step);

/// The rows that `out` of the result needs, outside the image as well.
Rows needed_rows(const RowSlide& slide, const Rows& out);

/// True where all windows of `out` see some row of the image.
bool sees_image(const RowSlide& slide, const Rows& out);

/// The operation that computes only `out`, given only the rows of the image that this needs. Its
/// arena fields stay, but scratch, which has yet to be added.
Operation band_of(const Operation& whole, const RowSlide& slide, const Rows& out);

/// True for depthwise operations that spread out some rows at a time in scratch.
bool has_scratch_band(const Operation& operation);

/// Gives such an operation the most rows at a time that fit into `bytes` of scratch, at least one.
void choose_scratch_band(Operation& operation, uint32_t bytes);

}  // namespace ganglion::compile
