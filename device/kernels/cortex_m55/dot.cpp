#include "device/kernels/dot.hpp"

#include <arm_mve.h>

namespace ganglion {

int32_t dot(const int8_t* a, const int8_t* b, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i += 16) {
        const mve_pred16_t left = vctp8q(count - i);
        sum = vmladavaq_p_s8(sum, vldrbq_z_s8(a + i, left), vldrbq_z_s8(b + i, left), left);
    }
    return sum;
}

}  // namespace ganglion
