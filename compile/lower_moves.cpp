#include <algorithm>
#include <numeric>

#include "compile/box.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;

size_t axis_of(const Place& place, const Tensor& tensor, int32_t axis) {
    const auto rank = static_cast<int32_t>(tensor.shape.size());
    if (axis < -rank || axis >= rank)
        place.fail("axis " + std::to_string(axis) + " of " + std::to_string(rank) + " dimensions");
    return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

/// The part of a whole tensor along one axis has the whole's other dimensions.
void check_part(const Place& place, const Tensor& part, const Tensor& whole, size_t axis) {
    bool fits = part.shape.size() == whole.shape.size();
    for (size_t i = 0; fits && i < part.shape.size(); ++i)
        fits = i == axis || part.shape[i] == whole.shape[i];
    if (!fits) place.fail("'" + part.name + "' does not fit '" + whole.name + "'");
}

/// All of `part`; the side that is the whole has the whole's strides.
std::vector<Extent> extents_of(const Tensor& part, const Tensor& input, const Tensor& output) {
    const std::vector<int64_t> from = strides_of(input);
    const std::vector<int64_t> to = strides_of(output);
    std::vector<Extent> extents;
    for (size_t i = 0; i < part.shape.size(); ++i)
        extents.push_back({part.shape[i], from[i], to[i]});
    return extents;
}

/// What one dimension of the input gives.
struct Cut {
    int32_t begin, count, stride;
};

/// A STRIDED_SLICE: bit n of a mask concerns entry n of the lists.
class StridedSlice {
  public:
    explicit StridedSlice(const Place& place)
        : place_(place),
          options_(place.options<model::StridedSliceOptions>()),
          begins_(place.numbers(1)),
          ends_(place.numbers(2)),
          strides_(place.numbers(3)) {
        if (ends_.size() != begins_.size() || strides_.size() != begins_.size() ||
            begins_.size() > 31) {
            place.fail("begin, end and strides must have one entry for each dimension");
        }
    }

    /// One for each dimension of the input.
    std::vector<Cut> cuts(const std::vector<int32_t>& shape) const {
        size_t named = 0;  // dimensions of the input that have an entry
        for (size_t n = 0; n < begins_.size(); ++n)
            named += is_set(options_.ellipsis_mask, n) || is_new_axis(n) ? 0 : 1;
        if (named > shape.size()) place_.fail("it slices more dimensions than its input has");
        std::vector<Cut> cuts;
        const auto keep_all = [&](size_t count) {
            for (; count > 0; --count) cuts.push_back({0, shape[cuts.size()], 1});
        };
        for (size_t n = 0; n < begins_.size(); ++n) {
            if (is_set(options_.ellipsis_mask, n)) {
                keep_all(shape.size() - named);
                named = shape.size();  // a second ellipsis stands for nothing
            } else if (!is_new_axis(n)) {
                cuts.push_back(cut(n, shape[cuts.size()]));
            }
        }
        keep_all(shape.size() - cuts.size());
        return cuts;
    }

  private:
    static bool is_set(int32_t mask, size_t n) { return ((mask >> n) & 1) != 0; }
    bool is_new_axis(size_t n) const { return is_set(options_.new_axis_mask, n); }

    Cut cut(size_t n, int32_t size) const {
        const auto from_start = [&](int32_t index) {
            const int64_t at = index < 0 ? int64_t{index} + size : index;
            return static_cast<int32_t>(std::clamp<int64_t>(at, 0, size));
        };
        const int32_t stride = strides_[n];
        if (stride < 1) {
            place_.fail("stride " + std::to_string(stride) + " in dimension " + std::to_string(n) +
                        "; only forward slices are supported: reverse the data before the model");
        }
        const int32_t begin = is_set(options_.begin_mask, n) ? 0 : from_start(begins_[n]);
        int32_t end = is_set(options_.end_mask, n) ? size : from_start(ends_[n]);
        if (is_set(options_.shrink_axis_mask, n)) end = std::min(begin + 1, size);
        if (begin >= end) place_.fail("its slice is empty");
        return {begin, (end - begin + stride - 1) / stride, stride};
    }

    const Place& place_;
    const model::StridedSliceOptions& options_;
    std::vector<int32_t> begins_, ends_, strides_;
};

/// The cuts of the input, packed into the output.
std::vector<Operation> moves_of_cuts(const Place& place, const std::vector<Cut>& cuts) {
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    const std::vector<int64_t> strides = strides_of(input);
    Box box{place.input_number(0), place.output_number(), 0, 0, {}};
    int64_t count = 1;
    for (size_t i = 0; i < cuts.size(); ++i) {
        box.input_begin += cuts[i].begin * strides[i];
        box.extents.push_back({cuts[i].count, cuts[i].stride * strides[i], 0});
        count *= cuts[i].count;
    }
    if (count != output.elements()) place.fail("its output shape does not fit the slice");
    int64_t stride = 1;
    for (size_t i = box.extents.size(); i-- > 0;) {
        box.extents[i].output_stride = stride;
        stride *= box.extents[i].count;
    }
    return {move_of(place, box, moved_bytes(place, input, output))};
}

}  // namespace

std::vector<Operation> lower_concatenation(const Place& place) {
    const auto& options = place.options<model::ConcatenationOptions>();
    if (options.activation != model::Activation::none)
        place.fail("a fused activation is not supported here; fuse it into the layers before it");
    const Tensor& output = place.output();
    const size_t axis = axis_of(place, output, options.axis);
    std::vector<Operation> operations;
    int64_t begin = 0;
    for (size_t n = 0; n < place.op().inputs.size(); ++n) {
        const Tensor& part = place.input(n);
        check_part(place, part, output, axis);
        if (part.quantization.scales != output.quantization.scales ||
            zero_point(part) != zero_point(output)) {
            place.fail("'" + part.name +
                       "' has another scale or zero point than the output; quantize them alike");
        }
        const int64_t stride = strides_of(output)[axis];
        operations.push_back(move_of(place,
                                     {place.input_number(n), place.output_number(), 0,
                                      begin * stride, extents_of(part, part, output)},
                                     moved_bytes(place, part, output)));
        begin += part.shape[axis];
    }
    if (begin != output.shape[axis]) place.fail("its inputs do not add up to its output");
    return operations;
}

std::vector<Operation> lower_split(const Place& place) {
    const bool sizes_given = place.op().code == model::OperatorCode::split_v;
    const size_t data = sizes_given ? 0 : 1;
    const Tensor& input = place.input(data);
    const std::vector<int32_t> axes = place.numbers(sizes_given ? 2 : 0);
    if (axes.size() != 1) place.fail("one axis is expected");
    const size_t axis = axis_of(place, input, axes[0]);
    std::vector<Operation> operations;
    int64_t begin = 0;
    for (size_t n = 0; n < place.op().outputs.size(); ++n) {
        const Tensor& part = place.output(n);
        check_part(place, part, input, axis);
        const int64_t stride = strides_of(input)[axis];
        if (begin + part.shape[axis] > input.shape[axis]) break;
        operations.push_back(move_of(place,
                                     {place.input_number(data), place.output_number(n),
                                      begin * stride, 0, extents_of(part, input, part)},
                                     moved_bytes(place, input, part)));
        begin += part.shape[axis];
    }
    if (begin != input.shape[axis]) place.fail("its outputs do not add up to its input");
    return operations;
}

std::vector<Operation> lower_strided_slice(const Place& place) {
    return moves_of_cuts(place, StridedSlice(place).cuts(place.input(0).shape));
}

std::vector<Operation> lower_slice(const Place& place) {
    const std::vector<int32_t>& shape = place.input(0).shape;
    const std::vector<int32_t> begins = place.numbers(1);
    const std::vector<int32_t> sizes = place.numbers(2);
    if (begins.size() != shape.size() || sizes.size() != shape.size())
        place.fail("begin and size must have one entry for each dimension");
    std::vector<Cut> cuts;
    for (size_t i = 0; i < shape.size(); ++i) {
        const int64_t size = sizes[i] == -1 ? int64_t{shape[i]} - begins[i] : sizes[i];
        if (begins[i] < 0 || size < 1 || begins[i] + size > shape[i])
            place.fail("its slice of dimension " + std::to_string(i) + " is empty or outside");
        cuts.push_back({begins[i], static_cast<int32_t>(size), 1});
    }
    return moves_of_cuts(place, cuts);
}

}  // namespace ganglion::compile
