#include <algorithm>
#include <cmath>

#include "compile/box.hpp"

namespace ganglion::compile {
namespace {

using model::ResizeOptions;
using model::Tensor;

constexpr int32_t kOnePixel = 1024;

/// Image, size as two constants, image of that size.
void check_resize(const Place& place) {
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    for (const Tensor* image : {&input, &output}) {
        if (image->shape.size() != 4 || image->shape[0] != 1) {
            place.fail(
                "'" + image->name +
                "' must be [1, height, width, channels]: export the model with batch size 1");
        }
    }
    const std::vector<int32_t> size = place.numbers(1);
    if (size.size() != 2 || size[0] != output.shape[1] || size[1] != output.shape[2] ||
        input.shape[3] != output.shape[3]) {
        place.fail("its output shape does not fit its size");
    }
}

/// For each pixel along one dimension, the input's pixel; as the reference computes it, in float.
std::vector<uint16_t> nearest_pixels(int32_t in, int32_t out, const ResizeOptions& options) {
    const auto whole = [](int32_t n) { return static_cast<float>(n); };
    const float scale =
        options.align_corners && out > 1 ? whole(in - 1) / whole(out - 1) : whole(in) / whole(out);
    const float offset = options.half_pixel_centers ? 0.5F : 0.0F;
    std::vector<uint16_t> pixels;
    for (int32_t n = 0; n < out; ++n) {
        const float at = (whole(n) + offset) * scale;
        const float pixel = options.align_corners ? std::round(at) : std::floor(at);
        pixels.push_back(static_cast<uint16_t>(std::clamp(static_cast<int32_t>(pixel), 0, in - 1)));
    }
    return pixels;
}

ResizeAxis axis_of(const Place& place, int32_t in, int32_t out, const ResizeOptions& options) {
    const bool align = options.align_corners && out > 1;
    const int32_t steps = align ? out - 1 : out;
    const int64_t distance = int64_t{kOnePixel} * (align ? in - 1 : in);
    ResizeAxis axis{static_cast<int32_t>((distance + steps / 2) / steps), 0};
    if (options.half_pixel_centers) axis.begin = axis.step / 2 - kOnePixel / 2;
    if (int64_t{out - 1} * axis.step + axis.begin >= int64_t{in} * kOnePixel)
        place.fail(
            "it enlarges the image so far that the last pixels lie outside; resize in steps");
    return axis;
}

uint32_t add_pixels(const Place& place, const std::vector<uint16_t>& pixels) {
    return place.constants().add(
        std::span(reinterpret_cast<const uint8_t*>(pixels.data()), pixels.size() * 2));
}

Operation bilinear(const Place& place, OpKind kind) {
    check_resize(place);
    const ResizeOptions& options = place.options<model::ResizeBilinearOptions>();
    if (options.align_corners && options.half_pixel_centers)
        place.fail("align_corners and half_pixel_centers exclude each other");
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    ResizeBilinearOp op{};
    op.header = {kind, sizeof op};
    op.in_height = place.narrow(input.shape[1], "input height");
    op.in_width = place.narrow(input.shape[2], "input width");
    op.out_height = place.narrow(output.shape[1], "output height");
    op.out_width = place.narrow(output.shape[2], "output width");
    op.channels = static_cast<uint32_t>(input.shape[3]);
    op.y = axis_of(place, input.shape[1], output.shape[1], options);
    op.x = axis_of(place, input.shape[2], output.shape[2], options);
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    return op;
}

}  // namespace

Operation lower_resize_nearest(const Place& place) {
    check_resize(place);
    const ResizeOptions& options = place.options<model::ResizeNearestOptions>();
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    const int64_t bytes = moved_bytes(place, input, output);
    ResizeNearestOp op{};
    op.header = {OpKind::resize_nearest, sizeof op};
    op.in_height = place.narrow(input.shape[1], "input height");
    op.in_width = place.narrow(input.shape[2], "input width");
    op.out_height = place.narrow(output.shape[1], "output height");
    op.out_width = place.narrow(output.shape[2], "output width");
    op.pixel_bytes = static_cast<uint32_t>(input.shape[3] * bytes);
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.rows = add_pixels(place, nearest_pixels(input.shape[1], output.shape[1], options));
    op.columns = add_pixels(place, nearest_pixels(input.shape[2], output.shape[2], options));
    return op;
}

Operation lower_resize_bilinear(const Place& place) {
    (void)place.int8_input(0);
    (void)place.int8_output();
    return bilinear(place, OpKind::resize_bilinear);
}

Operation lower_int16_resize_bilinear(const Place& place) {
    (void)place.int16_input(0);
    (void)place.int16_output();
    return bilinear(place, OpKind::int16_resize_bilinear);
}

}  // namespace ganglion::compile
