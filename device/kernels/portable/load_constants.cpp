#include "device/kernels/load_constants.hpp"

#include <cstring>

namespace ganglion {

void load_constants(const LoadConstantsOp& op, int8_t* arena, const uint8_t* constants) {
    std::memcpy(arena + op.output, constants + op.source, op.count);
}

}  // namespace ganglion
