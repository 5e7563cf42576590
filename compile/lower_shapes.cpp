#include <algorithm>
#include <array>

#include "compile/box.hpp"

// Operators that put values in another order, or apart from each other.

namespace ganglion::compile {
namespace {

using model::Tensor;

/// The tensor with one more dimension, of size 1.
Tensor with_axis(const Place& place, const Tensor& tensor, int32_t axis) {
    const auto rank = static_cast<int32_t>(tensor.shape.size()) + 1;
    if (axis < -rank || axis >= rank)
        place.fail("axis " + std::to_string(axis) + " of " + std::to_string(rank) + " dimensions");
    Tensor result = tensor;
    result.shape.insert(result.shape.begin() + (axis < 0 ? axis + rank : axis), 1);
    return result;
}

/// All of `part`, which lies at place n of `whole` along an axis where it has one of many.
std::vector<Extent> part_extents(const Place& place, const Tensor& part, const Tensor& whole,
                                 bool whole_is_output) {
    std::vector<Extent> extents;
    const std::vector<int64_t> inner = strides_of(part);
    const std::vector<int64_t> outer = strides_of(whole);
    if (inner.size() != outer.size()) place.fail("'" + part.name + "' does not fit");
    for (size_t i = 0; i < inner.size(); ++i) {
        if (part.shape[i] != whole.shape[i] && part.shape[i] != 1)
            place.fail("'" + part.name + "' does not fit '" + whole.name + "'");
        const int64_t first = whole_is_output ? inner[i] : outer[i];
        const int64_t second = whole_is_output ? outer[i] : inner[i];
        extents.push_back({part.shape[i], first, second});
    }
    return extents;
}

/// PACK and UNPACK: tensors side by side along a dimension of their own.
std::vector<Operation> lower_stack(const Place& place, int32_t axis, bool packs) {
    const size_t parts = packs ? place.op().inputs.size() : place.op().outputs.size();
    const Tensor& whole = packs ? place.output() : place.input(0);
    std::vector<Operation> operations;
    for (size_t n = 0; n < parts; ++n) {
        const Tensor& tensor = packs ? place.input(n) : place.output(n);
        const Tensor part = with_axis(place, tensor, axis);
        if (tensor.quantization.scales != whole.quantization.scales ||
            zero_point(tensor) != zero_point(whole)) {
            place.fail("'" + tensor.name + "' has another scale or zero point than '" + whole.name +
                       "'; quantize them alike");
        }
        if (part.elements() * static_cast<int64_t>(parts) != whole.elements())
            place.fail("its tensors do not add up to '" + whole.name + "'");
        const std::vector<Extent> extents = part_extents(place, part, whole, packs);
        const auto at =
            static_cast<size_t>(axis < 0 ? axis + static_cast<int32_t>(part.shape.size()) : axis);
        const int64_t begin = static_cast<int64_t>(n) * strides_of(whole)[at];
        const int64_t bytes = moved_bytes(place, tensor, whole);
        operations.push_back(
            packs
                ? move_of(place, {place.input_number(n), place.output_number(), 0, begin, extents},
                          bytes)
                : move_of(place, {place.input_number(0), place.output_number(n), begin, 0, extents},
                          bytes));
    }
    return operations;
}

/// Between [n, h, w, b * b * c] and [n, h * b, w * b, c]: how the first lies in memory, and how the
/// second, for the dimensions n, h, row in the block, w, column in the block, c.
std::vector<Operation> lower_blocks(const Place& place, int32_t block, bool to_space) {
    const Tensor& deep = to_space ? place.input(0) : place.output();
    const Tensor& wide = to_space ? place.output() : place.input(0);
    if (deep.shape.size() != 4 || wide.shape.size() != 4)
        place.fail("its input and output must be [batch, height, width, channels]");
    const int64_t b = block;
    const int64_t height = deep.shape[1];
    const int64_t width = deep.shape[2];
    const int64_t channels = wide.shape[3];
    if (b < 1 || b > 65535 || deep.shape[0] != wide.shape[0] || wide.shape[1] != height * b ||
        wide.shape[2] != width * b || deep.shape[3] != channels * b * b) {
        place.fail("its shapes do not fit blocks of " + std::to_string(b) + "x" +
                   std::to_string(b));
    }
    const int64_t pixel = channels * b * b;    // of the deep image
    const int64_t row = width * b * channels;  // of the wide one
    const std::array<Extent, 6> deep_to_wide = {
        {{deep.shape[0], height * width * pixel, height * b * row},
         {height, width * pixel, b * row},
         {b, b * channels, row},
         {width, pixel, b * channels},
         {b, channels, channels},
         {channels, 1, 1}}};
    Box box{place.input_number(0), place.output_number(), 0, 0, {}};
    for (const Extent& extent : deep_to_wide) {
        box.extents.push_back(
            to_space ? extent : Extent{extent.count, extent.output_stride, extent.input_stride});
    }
    return {move_of(place, box, moved_bytes(place, place.input(0), place.output()))};
}

}  // namespace

std::vector<Operation> lower_transpose(const Place& place) {
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    const std::vector<int32_t> order = place.numbers(1);
    const size_t rank = input.shape.size();
    if (order.size() != rank || output.shape.size() != rank)
        place.fail("its permutation must have one entry for each dimension");
    const std::vector<int64_t> from = strides_of(input);
    const std::vector<int64_t> to = strides_of(output);
    std::vector<bool> seen(rank);
    Box box{place.input_number(0), place.output_number(), 0, 0, {}};
    for (size_t i = 0; i < rank; ++i) {
        const auto axis =
            static_cast<size_t>(order[i] < 0 ? order[i] + static_cast<int32_t>(rank) : order[i]);
        if (axis >= rank || seen[axis])
            place.fail("its permutation names a dimension twice or none");
        seen[axis] = true;
        if (output.shape[i] != input.shape[axis])
            place.fail("its output shape does not fit its permutation");
        box.extents.push_back({output.shape[i], from[axis], to[i]});
    }
    return {move_of(place, box, moved_bytes(place, input, output))};
}

std::vector<Operation> lower_pack(const Place& place) {
    return lower_stack(place, place.options<model::PackOptions>().axis, true);
}

std::vector<Operation> lower_unpack(const Place& place) {
    return lower_stack(place, place.options<model::UnpackOptions>().axis, false);
}

std::vector<Operation> lower_depth_to_space(const Place& place) {
    return lower_blocks(place, place.options<model::DepthToSpaceOptions>().block_size, true);
}

std::vector<Operation> lower_space_to_depth(const Place& place) {
    return lower_blocks(place, place.options<model::SpaceToDepthOptions>().block_size, false);
}

}  // namespace ganglion::compile
