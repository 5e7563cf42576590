#include "device/kernels/portable/for_pairs.hpp"

namespace ganglion {

void maximum(const BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs(op, arena, constants, [](int8_t x, int8_t y) { return x > y ? x : y; });
}

void minimum(const BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs(op, arena, constants, [](int8_t x, int8_t y) { return x < y ? x : y; });
}

}  // namespace ganglion
