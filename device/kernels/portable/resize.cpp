#include "device/kernels/resize.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion {
namespace {

constexpr int32_t kOnePixel = 1024;

/// Between which pixels a position lies, and how far from the first, in 1/1024.
struct Between {
    int32_t first, second, beyond_first;

    Between(const ResizeAxis& axis, int32_t n, int32_t pixels) {
        const int32_t position = n * axis.step + axis.begin;
        first = std::max<int32_t>(position / kOnePixel, 0);
        second = std::min<int32_t>((position + kOnePixel - 1) / kOnePixel, pixels - 1);
        beyond_first = position - first * kOnePixel;
    }
};

/// Sum: below 2^22 times the largest value, as weights have magnitudes of at most 1.5^2 * 2^20.
template <typename Value, typename Sum>
void interpolate(const ResizeBilinearOp& op, int8_t* arena) {
    const auto channels = static_cast<int32_t>(op.channels);
    const auto* input = reinterpret_cast<const Value*>(arena + op.input);
    auto* output = reinterpret_cast<Value*>(arena + op.output);
    for (int32_t out_y = 0; out_y < op.out_height; ++out_y) {
        const Between y(op.y, out_y, op.in_height);
        for (int32_t out_x = 0; out_x < op.out_width; ++out_x) {
            const Between x(op.x, out_x, op.in_width);
            const auto pixel = [&](int32_t at_y, int32_t at_x) {
                return input + (at_y * op.in_width + at_x) * channels;
            };
            const Value* corners[] = {pixel(y.first, x.first), pixel(y.second, x.first),
                                      pixel(y.first, x.second), pixel(y.second, x.second)};
            const int32_t before_y = kOnePixel - y.beyond_first;
            const int32_t before_x = kOnePixel - x.beyond_first;
            const int32_t weights[] = {before_y * before_x, y.beyond_first * before_x,
                                       before_y * x.beyond_first, y.beyond_first * x.beyond_first};
            for (int32_t c = 0; c < channels; ++c) {
                Sum sum = 0;
                for (int n = 0; n < 4; ++n) sum += Sum{corners[n][c]} * weights[n];
                const Sum half = sum > 0 ? 1 << 19 : -(1 << 19);
                *output++ = static_cast<Value>((sum + half) / (1 << 20));
            }
        }
    }
}

}  // namespace

void resize_nearest(const ResizeNearestOp& op, int8_t* arena, const uint8_t* constants) {
    const auto* rows = reinterpret_cast<const uint16_t*>(constants + op.rows);
    const auto* columns = reinterpret_cast<const uint16_t*>(constants + op.columns);
    int8_t* output = arena + op.output;
    for (uint32_t y = 0; y < op.out_height; ++y) {
        const int8_t* row = arena + op.input + rows[y] * op.in_width * op.pixel_bytes;
        for (uint32_t x = 0; x < op.out_width; ++x) {
            std::memcpy(output, row + columns[x] * op.pixel_bytes, op.pixel_bytes);
            output += op.pixel_bytes;
        }
    }
}

void resize_bilinear(const ResizeBilinearOp& op, int8_t* arena, const uint8_t* /*constants*/) {
    interpolate<int8_t, int32_t>(op, arena);
}

void int16_resize_bilinear(const ResizeBilinearOp& op, int8_t* arena, const uint8_t*) {
    interpolate<int16_t, int64_t>(op, arena);
}

}  // namespace ganglion
