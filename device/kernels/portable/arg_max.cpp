#include "device/kernels/arg_max.hpp"

namespace ganglion {

namespace {

/// The first index whose value no later one beats.
template <typename Beats>
void find(const ArgMaxOp& op, int8_t* arena, Beats beats) {
    const int8_t* input = arena + op.input;
    auto* output = reinterpret_cast<int32_t*>(arena + op.output);
    for (uint32_t a = 0; a < op.outer; ++a, input += op.depth * op.inner) {
        for (uint32_t c = 0; c < op.inner; ++c) {
            const int8_t* values = input + c;
            uint32_t best = 0;
            for (uint32_t i = 1; i < op.depth; ++i) {
                if (beats(values[i * op.inner], values[best * op.inner])) best = i;
            }
            *output++ = static_cast<int32_t>(best);
        }
    }
}

}  // namespace

void arg_max(const ArgMaxOp& op, int8_t* arena, const uint8_t*) {
    find(op, arena, [](int8_t value, int8_t best) { return value > best; });
}

void arg_min(const ArgMaxOp& op, int8_t* arena, const uint8_t*) {
    find(op, arena, [](int8_t value, int8_t best) { return value < best; });
}

}  // namespace ganglion
