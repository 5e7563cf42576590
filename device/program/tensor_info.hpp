#pragma once

#include <cstdint>

namespace ganglion {

/// How the bytes of a tensor at the border are to be read.
enum class ElementType : uint8_t { int8 = 0, uint8 = 1 };

/// One tensor at the border of a program. real = scale * (value - zero_point); channels last; dims
/// beyond `rank` are 1.
struct TensorInfo {
    uint32_t offset;  ///< in the arena
    uint32_t bytes;   ///< one byte per element
    float scale;
    int32_t zero_point;
    uint8_t rank;
    ElementType type;
    uint8_t reserved[2];
    uint32_t dims[4];
};

}  // namespace ganglion
