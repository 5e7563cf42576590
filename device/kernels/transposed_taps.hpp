#pragma once

#include <cstdint>

namespace ganglion {

/// The kernel positions of one dimension that reach output position `out` of a transposed
/// convolution: first, first + stride, ... below end; the first takes input position `in`, each
/// further one the input before.
struct TransposedTaps {
    int32_t first, end, in;

    TransposedTaps(int32_t out, int32_t pad, int32_t stride, int32_t kernel, int32_t inputs) {
        const int32_t reach = out + pad;  // input position times stride, plus kernel position
        first = reach % stride;
        in = reach / stride;
        if (in >= inputs) {
            first += (in - inputs + 1) * stride;
            in = inputs - 1;
        }
        end = kernel < reach + 1 ? kernel : reach + 1;
    }
};

}  // namespace ganglion
