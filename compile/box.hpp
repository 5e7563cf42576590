#pragma once

#include <cstdint>
#include <vector>

#include "compile/place.hpp"

// Values on their way from one tensor to another, unchanged.

namespace ganglion::compile {

/// One dimension of a box: how many, and how far apart on both sides, in elements.
struct Extent {
    int64_t count, input_stride, output_stride;
};

/// A box of values that an operator moves.
struct Box {
    int32_t input, output;  ///< tensor numbers
    int64_t input_begin, output_begin;
    std::vector<Extent> extents;  ///< outermost first
};

/// Row-major distances between neighbours of each dimension.
std::vector<int64_t> strides_of(const model::Tensor& tensor);

/// Bytes of an element of both tensors. Fails where they are not of one type, int8 or int16, with
/// one scale each.
int64_t moved_bytes(const Place& place, const model::Tensor& from, const model::Tensor& to);

/// The box as one operation. Fails where more than five dimensions of it are left after merging
/// neighbours.
Operation move_of(const Place& place, const Box& box, int64_t element_bytes);

}  // namespace ganglion::compile
