#include <algorithm>
#include <cstring>

#include "compile/box.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;

/// How much is put before and behind each dimension.
struct Paddings {
    std::vector<int64_t> before, behind;
};

Paddings paddings_of(const Place& place) {
    const Tensor& tensor = place.input(1);
    const size_t rank = place.input(0).shape.size();
    const size_t each = tensor.type == model::TensorType::int64 ? 8 : 4;
    const bool known = tensor.type == model::TensorType::int32 || each == 8;
    if (!known || !tensor.is_constant() || tensor.data.size() != 2 * rank * each) {
        place.fail("its paddings must be " + std::to_string(rank) +
                   "x2 constant int32 values; export the model with fixed shapes");
    }
    Paddings result;
    for (size_t i = 0; i < 2 * rank; ++i) {
        int64_t wide = 0;
        int32_t narrow = 0;
        std::memcpy(each == 8 ? static_cast<void*>(&wide) : &narrow, tensor.data.data() + each * i,
                    each);
        const int64_t amount = each == 8 ? wide : narrow;
        if (amount < 0 || amount > (1 << 30)) place.fail("negative padding; use a slice instead");
        (i % 2 == 0 ? result.before : result.behind).push_back(amount);
    }
    return result;
}

}  // namespace

int32_t padding_value(const Place& place) {
    if (place.op().code != model::OperatorCode::padv2) return zero_point(place.output());
    const Tensor& value = place.input(2);
    const bool fits = value.is_constant() && value.elements() == 1 &&
                      value.type == place.output().type && value.data.size() <= 2 &&
                      value.quantization.scales == place.output().quantization.scales &&
                      zero_point(value) == zero_point(place.output());
    if (!fits) {
        place.fail(
            "the value that it pads with must be a constant of its output's type, scale and "
            "zero point");
    }
    auto number = static_cast<int16_t>((value.data[0] ^ 0x80) - 0x80);  // a signed byte
    if (value.data.size() == 2) std::memcpy(&number, value.data.data(), 2);
    return number;
}

std::optional<ImagePadding> image_padding(const Place& place) {
    const Tensor& input = place.input(0);
    if (input.shape.size() != 4 || input.shape[0] != 1) return std::nullopt;
    const Paddings p = paddings_of(place);
    if (p.before[0] + p.behind[0] + p.before[3] + p.behind[3] != 0) return std::nullopt;
    constexpr int64_t kMost = 65535;
    if (std::max({p.before[1], p.behind[1], p.before[2], p.behind[2], int64_t{input.shape[1]},
                  int64_t{input.shape[2]}, int64_t{input.shape[3]}}) > kMost / 3) {
        return std::nullopt;
    }
    return ImagePadding{static_cast<int32_t>(p.before[1]), static_cast<int32_t>(p.behind[1]),
                        static_cast<int32_t>(p.before[2]), static_cast<int32_t>(p.behind[2])};
}

std::vector<Operation> lower_pad(const Place& place) {
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    const int64_t bytes = moved_bytes(place, input, output);
    const Paddings paddings = paddings_of(place);
    const std::vector<int64_t> from = strides_of(input);
    const std::vector<int64_t> to = strides_of(output);
    Box box{place.input_number(0), place.output_number(), 0, 0, {}};
    bool fits = input.shape.size() == output.shape.size();
    for (size_t i = 0; fits && i < from.size(); ++i) {
        fits = input.shape[i] + paddings.before[i] + paddings.behind[i] == output.shape[i];
        box.output_begin += paddings.before[i] * to[i];
        box.extents.push_back({input.shape[i], from[i], to[i]});
    }
    if (!fits) place.fail("its output shape does not fit its paddings");
    const int32_t value = padding_value(place);
    const auto image = image_padding(place);
    if (image && bytes == 1) {
        PadOp op{};
        op.header = {OpKind::pad, sizeof op};
        op.in_height = place.narrow(input.shape[1], "input height");
        op.in_width = place.narrow(input.shape[2], "input width");
        op.channels = place.narrow(input.shape[3], "channels");
        op.out_height = place.narrow(output.shape[1], "output height");
        op.out_width = place.narrow(output.shape[2], "output width");
        op.top = place.narrow(image->top, "padding");
        op.left = place.narrow(image->left, "padding");
        op.value = static_cast<int16_t>(value);
        op.input = static_cast<uint32_t>(place.input_number(0));
        op.output = static_cast<uint32_t>(place.output_number());
        return {op};
    }
    FillOp fill{};
    fill.header = {OpKind::fill, sizeof fill};
    fill.count = static_cast<uint32_t>(output.elements() * bytes);
    fill.output = static_cast<uint32_t>(place.output_number());
    fill.value = bytes == 1 ? value : static_cast<int8_t>(value);
    if (bytes == 2 && value != 0) {
        place.fail("it pads int16 with " + std::to_string(value) +
                   "; only 0 is supported: use PAD instead of PADV2");
    }
    return {fill, move_of(place, box, bytes)};
}

}  // namespace ganglion::compile
