#include "device/kernels/add.hpp"

#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

constexpr int32_t kHeadroom = 20;

int32_t scaled(int8_t value, const AddOp::Side& side) {
    return requantize(shift_left(value - side.zero_point, kHeadroom), side.multiplier, side.shift);
}

}  // namespace

void add(const AddOp& op, int8_t* arena, const uint8_t*) {
    const int8_t* first = arena + op.first.offset;
    const int8_t* second = arena + op.second.offset;
    int8_t* output = arena + op.output;
    for (uint32_t i = 0; i < op.count; ++i) {
        const int32_t sum = add_wrapping(scaled(first[i], op.first), scaled(second[i], op.second));
        output[i] = to_output(requantize(sum, op.multiplier, op.shift), op.range);
    }
}

}  // namespace ganglion
