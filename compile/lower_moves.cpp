#include <algorithm>
#include <numeric>

#include "compile/place.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;

/// Each box of bytes that an operator moves may take this many operations.
constexpr size_t kMostCopies = 64;

/// Row-major distances between neighbours of each dimension.
std::vector<int64_t> strides_of(const Tensor& tensor) {
    std::vector<int64_t> strides(tensor.shape.size(), 1);
    for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * tensor.shape[i];
    return strides;
}

/// One dimension of a box: how many, and how far apart on both sides.
struct Extent {
    int64_t count, input_stride, output_stride;
};

/// A box of values on its way from one tensor to another.
struct Box {
    int32_t input, output;  ///< tensor numbers
    int64_t input_begin, output_begin;
    std::vector<Extent> extents;  ///< outermost first
};

/// Neighbouring dimensions that lie one in the other on both sides are one.
std::vector<Extent> merged(const std::vector<Extent>& extents) {
    std::vector<Extent> result;
    for (const Extent& extent : extents) {
        if (extent.count == 1) continue;
        const bool inside = !result.empty() &&
                            result.back().input_stride == extent.input_stride * extent.count &&
                            result.back().output_stride == extent.output_stride * extent.count;
        if (inside) {
            result.back() = {result.back().count * extent.count, extent.input_stride,
                             extent.output_stride};
        } else {
            result.push_back(extent);
        }
    }
    return result;
}

/// The box as copies: the innermost dimension is a run, the next its rows, the rest several copies.
void append_copies(const Place& place, const Box& box, std::vector<Operation>& operations) {
    std::vector<Extent> extents = merged(box.extents);
    CopyOp op{};
    op.header = {OpKind::copy, sizeof op};
    op.rows = 1;
    op.bytes = 1;
    op.input = static_cast<uint32_t>(box.input);
    op.output = static_cast<uint32_t>(box.output);
    if (!extents.empty() && extents.back().input_stride == 1 && extents.back().output_stride == 1) {
        op.bytes = static_cast<uint32_t>(extents.back().count);
        extents.pop_back();
    }
    if (!extents.empty()) {
        op.rows = static_cast<uint32_t>(extents.back().count);
        op.input_stride = static_cast<uint32_t>(extents.back().input_stride);
        op.output_stride = static_cast<uint32_t>(extents.back().output_stride);
        extents.pop_back();
    }
    int64_t copies = 1;
    for (const Extent& extent : extents) copies *= extent.count;
    if (copies > static_cast<int64_t>(kMostCopies)) {
        place.fail("it cuts more than two dimensions at once into " + std::to_string(copies) +
                   " pieces; cut one dimension at a time");
    }
    for (int64_t n = 0; n < copies; ++n) {
        int64_t from = box.input_begin;
        int64_t to = box.output_begin;
        int64_t rest = n;
        for (size_t i = extents.size(); i-- > 0;) {
            from += rest % extents[i].count * extents[i].input_stride;
            to += rest % extents[i].count * extents[i].output_stride;
            rest /= extents[i].count;
        }
        op.input_begin = static_cast<uint32_t>(from);
        op.output_begin = static_cast<uint32_t>(to);
        operations.emplace_back(op);
    }
}

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

/// One dimension of a STRIDED_SLICE.
struct Cut {
    int32_t begin, count, stride;
};

struct SliceLists {
    std::vector<int32_t> begin, end, strides;
};

Cut cut_of(const Place& place, const SliceLists& lists, size_t i, int32_t size) {
    const auto& o = place.options<model::StridedSliceOptions>();
    const auto masked = [&](int32_t mask) { return ((mask >> i) & 1) != 0; };
    const auto from_start = [&](int32_t index) {
        const int64_t at = index < 0 ? int64_t{index} + size : index;
        return static_cast<int32_t>(std::clamp<int64_t>(at, 0, size));
    };
    const int32_t stride = lists.strides[i];
    if (stride < 1) place.fail("a negative or zero stride; only forward slices are supported");
    const int32_t begin = masked(o.begin_mask) ? 0 : from_start(lists.begin[i]);
    int32_t end = masked(o.end_mask) ? size : from_start(lists.end[i]);
    if (masked(o.shrink_axis_mask)) end = std::min(begin + 1, size);
    if (begin >= end) place.fail("its slice is empty");
    return {begin, (end - begin + stride - 1) / stride, stride};
}

}  // namespace

std::vector<Operation> lower_concatenation(const Place& place) {
    const auto& options = place.options<model::ConcatenationOptions>();
    if (options.activation != model::Activation::none)
        place.fail("a fused activation is not supported here; fuse it into the layers before it");
    const Tensor& output = place.int8_output();
    const size_t axis = axis_of(place, output, options.axis);
    std::vector<Operation> operations;
    int64_t begin = 0;
    for (size_t n = 0; n < place.op().inputs.size(); ++n) {
        const Tensor& part = place.int8_input(n);
        check_part(place, part, output, axis);
        if (part.quantization.scales != output.quantization.scales ||
            zero_point(part) != zero_point(output)) {
            place.fail("'" + part.name +
                       "' has another scale or zero point than the output; quantize them alike");
        }
        const int64_t stride = strides_of(output)[axis];
        append_copies(place,
                      {place.input_number(n), place.output_number(), 0, begin * stride,
                       extents_of(part, part, output)},
                      operations);
        begin += part.shape[axis];
    }
    if (begin != output.shape[axis]) place.fail("its inputs do not add up to its output");
    return operations;
}

std::vector<Operation> lower_split(const Place& place) {
    const bool sizes_given = place.op().code == model::OperatorCode::split_v;
    const size_t data = sizes_given ? 0 : 1;
    const Tensor& input = place.int8_input(data);
    const std::vector<int32_t> axes = place.numbers(sizes_given ? 2 : 0);
    if (axes.size() != 1) place.fail("one axis is expected");
    const size_t axis = axis_of(place, input, axes[0]);
    std::vector<Operation> operations;
    int64_t begin = 0;
    for (size_t n = 0; n < place.op().outputs.size(); ++n) {
        const Tensor& part = place.int8_output(n);
        check_part(place, part, input, axis);
        const int64_t stride = strides_of(input)[axis];
        if (begin + part.shape[axis] > input.shape[axis]) break;
        append_copies(place,
                      {place.input_number(data), place.output_number(n), begin * stride, 0,
                       extents_of(part, input, part)},
                      operations);
        begin += part.shape[axis];
    }
    if (begin != input.shape[axis]) place.fail("its outputs do not add up to its input");
    return operations;
}

std::vector<Operation> lower_strided_slice(const Place& place) {
    const auto& options = place.options<model::StridedSliceOptions>();
    if (options.ellipsis_mask != 0 || options.new_axis_mask != 0)
        place.fail(
            "ellipsis and new axes are not supported; slice with a range for each dimension");
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.int8_output();
    const SliceLists lists{place.numbers(1), place.numbers(2), place.numbers(3)};
    const size_t given = lists.begin.size();
    if (given > input.shape.size() || lists.end.size() != given || lists.strides.size() != given)
        place.fail("begin, end and strides must have one entry for each dimension");
    const std::vector<int64_t> strides = strides_of(input);
    Box box{place.input_number(0), place.output_number(), 0, 0, {}};
    int64_t count = 1;
    for (size_t i = 0; i < input.shape.size(); ++i) {
        const Cut cut =
            i < given ? cut_of(place, lists, i, input.shape[i]) : Cut{0, input.shape[i], 1};
        box.input_begin += cut.begin * strides[i];
        box.extents.push_back({cut.count, cut.stride * strides[i], 0});
        count *= cut.count;
    }
    if (count != output.elements()) place.fail("its output shape does not fit the slice");
    int64_t stride = 1;
    for (size_t i = box.extents.size(); i-- > 0;) {
        box.extents[i].output_stride = stride;
        stride *= box.extents[i].count;
    }
    std::vector<Operation> operations;
    append_copies(place, box, operations);
    return operations;
}

}  // namespace ganglion::compile
