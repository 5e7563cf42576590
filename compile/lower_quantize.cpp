#include <algorithm>

#include "compile/lookups.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;
using model::TensorType;

/// The smallest value of an element type; throws for those that no kernel converts.
int32_t smallest(const Place& place, const Tensor& tensor) {
    switch (tensor.type) {
        case TensorType::int8:
            return -128;
        case TensorType::uint8:
            return 0;
        case TensorType::int16:
            return -32768;
        default:
            place.fail("'" + tensor.name + "' is " + model::to_string(tensor.type) +
                       "; only int8, uint8 and int16 are supported: float32 is possible at the "
                       "model's inputs and outputs alone");
    }
}

/// A table for the conversion of one byte to another.
LookupTable byte_table(const Place& place, const Multiplier& factor) {
    const int32_t from = smallest(place, place.input(0));
    const int32_t to = smallest(place, place.output());
    LookupTable table{};
    for (int32_t value = from; value < from + 256; ++value) {
        const int32_t scaled =
            requantize(value - zero_point(place.input(0)), factor.multiplier, factor.shift);
        const int32_t result = std::clamp(scaled + zero_point(place.output()), to, to + 255);
        table[static_cast<uint8_t>(value) ^ 0x80] = static_cast<uint8_t>(result);
    }
    return table;
}

}  // namespace

Operation lower_quantize(const Place& place) {
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    for (const Tensor* tensor : {&input, &output}) {
        const int32_t low = smallest(place, *tensor);
        const int32_t zero = zero_point(*tensor);
        if (zero < low || zero > (low == 0 ? 255 : -low - 1))
            place.fail("'" + tensor->name + "' has a zero point outside " +
                       model::to_string(tensor->type));
    }
    if (input.is_constant() || input.quantization.scales.size() != 1 ||
        output.quantization.scales.size() != 1 || input.elements() != output.elements()) {
        place.fail("input and output need one scale each and the same shape");
    }
    const Multiplier factor = place.multiplier(static_cast<double>(input.quantization.scales[0]) /
                                               static_cast<double>(output.quantization.scales[0]));
    const bool bytes =
        model::element_bytes(input.type) == 1 && model::element_bytes(output.type) == 1;
    if (bytes) return lookup_of(place, byte_table(place, factor));
    if (input.type == TensorType::uint8 || output.type == TensorType::uint8)
        place.fail("uint8 is converted to and from int8 alone; convert in two steps");
    if (factor.shift > 14) place.fail("its output scale is too small for its input's scale");
    RescaleOp op{};
    op.header = {OpKind::rescale, sizeof op};
    op.count = static_cast<uint32_t>(input.elements());
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.multiplier = factor.multiplier;
    op.shift = factor.shift;
    op.input_zero_point = static_cast<int16_t>(zero_point(input));
    op.output_zero_point = static_cast<int16_t>(zero_point(output));
    op.input_bytes = static_cast<uint8_t>(model::element_bytes(input.type));
    op.output_bytes = static_cast<uint8_t>(model::element_bytes(output.type));
    return op;
}

}  // namespace ganglion::compile
