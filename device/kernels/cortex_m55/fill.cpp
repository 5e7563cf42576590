#include "device/kernels/fill.hpp"

#include "device/kernels/cortex_m55/vectors.hpp"

namespace ganglion {

void fill(const FillOp& op, int8_t* arena, const uint8_t*) {
    cortex_m55::fill_bytes(arena + op.output, static_cast<int8_t>(op.value), op.count);
}

}  // namespace ganglion
