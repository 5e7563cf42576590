#include "compile/box.hpp"

#include <algorithm>

namespace ganglion::compile {
namespace {

using model::Tensor;
using model::TensorType;

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

}  // namespace

std::vector<int64_t> strides_of(const Tensor& tensor) {
    std::vector<int64_t> strides(tensor.shape.size(), 1);
    for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * tensor.shape[i];
    return strides;
}

int64_t moved_bytes(const Place& place, const Tensor& from, const Tensor& to) {
    for (const Tensor* tensor : {&from, &to}) {
        const std::string name = "'" + tensor->name + "'";
        if (tensor->type != TensorType::int8 && tensor->type != TensorType::int16) {
            place.fail(name + " is " + model::to_string(tensor->type) +
                       "; only int8 and int16 are supported: quantize the whole model, inputs and "
                       "outputs included");
        }
        if (tensor->is_constant())
            place.fail(name + " is a constant where a computed tensor is expected");
        if (tensor->quantization.scales.size() != 1)
            place.fail(name + " needs one scale; quantize the model to int8");
    }
    if (from.type != to.type) {
        place.fail("'" + from.name + "' and '" + to.name +
                   "' differ in type; put a QUANTIZE between them");
    }
    return from.type == TensorType::int8 ? 1 : 2;
}

Operation move_of(const Place& place, const Box& box, int64_t element_bytes) {
    constexpr size_t kMostExtents = 4;
    std::vector<Extent> extents = merged(box.extents);
    int64_t bytes = element_bytes;
    if (!extents.empty() && extents.back().input_stride == 1 && extents.back().output_stride == 1) {
        bytes *= extents.back().count;
        extents.pop_back();
    }
    const auto scaled = [&](int64_t elements) {
        return static_cast<uint32_t>(elements * element_bytes);
    };
    if (extents.size() <= 1) {
        CopyOp op{};
        op.header = {OpKind::copy, sizeof op};
        op.rows = 1;
        op.bytes = static_cast<uint32_t>(bytes);
        if (!extents.empty()) {
            op.rows = static_cast<uint32_t>(extents[0].count);
            op.input_stride = scaled(extents[0].input_stride);
            op.output_stride = scaled(extents[0].output_stride);
        }
        op.input = static_cast<uint32_t>(box.input);
        op.output = static_cast<uint32_t>(box.output);
        op.input_begin = scaled(box.input_begin);
        op.output_begin = scaled(box.output_begin);
        return op;
    }
    if (extents.size() > kMostExtents) {
        place.fail(
            "it moves values in more than five dimensions at once; do it in two steps, or "
            "merge dimensions with a RESHAPE before");
    }
    StridedCopyOp op{};
    op.header = {OpKind::strided_copy, sizeof op};
    op.bytes = static_cast<uint32_t>(bytes);
    const size_t skipped = kMostExtents - extents.size();
    for (size_t i = 0; i < kMostExtents; ++i) {
        const Extent extent = i < skipped ? Extent{1, 0, 0} : extents[i - skipped];
        op.counts[i] = static_cast<uint32_t>(extent.count);
        op.input_strides[i] = scaled(extent.input_stride);
        op.output_strides[i] = scaled(extent.output_stride);
    }
    op.input = static_cast<uint32_t>(box.input);
    op.output = static_cast<uint32_t>(box.output);
    op.input_begin = scaled(box.input_begin);
    op.output_begin = scaled(box.output_begin);
    return op;
}

}  // namespace ganglion::compile
