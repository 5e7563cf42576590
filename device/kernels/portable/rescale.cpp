#include "device/kernels/rescale.hpp"

#include <algorithm>
#include <limits>

#include "device/kernels/requantize.hpp"

namespace ganglion {

namespace {

template <typename From, typename To>
void convert(const RescaleOp& op, int8_t* arena) {
    const auto* input = reinterpret_cast<const From*>(arena + op.input);
    auto* output = reinterpret_cast<To*>(arena + op.output);
    for (uint32_t i = 0; i < op.count; ++i) {
        const int32_t scaled = requantize(input[i] - op.input_zero_point, op.multiplier, op.shift);
        const int32_t value = add_wrapping(scaled, op.output_zero_point);
        output[i] = static_cast<To>(std::clamp<int32_t>(value, std::numeric_limits<To>::min(),
                                                        std::numeric_limits<To>::max()));
    }
}

}  // namespace

void rescale(const RescaleOp& op, int8_t* arena, const uint8_t*) {
    if (op.input_bytes == 1) {
        op.output_bytes == 1 ? convert<int8_t, int8_t>(op, arena)
                             : convert<int8_t, int16_t>(op, arena);
    } else {
        op.output_bytes == 1 ? convert<int16_t, int8_t>(op, arena)
                             : convert<int16_t, int16_t>(op, arena);
    }
}

}  // namespace ganglion
