#include "device/kernels/dot.hpp"

namespace ganglion {

int32_t dot(const int8_t* a, const int8_t* b, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace ganglion
