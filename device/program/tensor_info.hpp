#pragma once

#include <cstdint>

namespace ganglion {

/// How the bytes of a tensor at the border are to be read. Numbers of several bytes are
/// little-endian.
enum class ElementType : uint8_t { int8 = 0, uint8 = 1, int16 = 2, int32 = 3 };

/// 0 for a type that does not exist.
constexpr uint32_t element_bytes(ElementType type) {
    switch (type) {
        case ElementType::int8:
        case ElementType::uint8:
            return 1;
        case ElementType::int16:
            return 2;
        case ElementType::int32:
            return 4;
    }
    return 0;
}

/// One tensor at the border of a program. real = scale * (value - zero_point); channels last; dims
/// beyond `rank` are 1. int32 tensors hold counts or indices: scale 1, zero point 0.
struct TensorInfo {
    uint32_t offset;  ///< in the arena, a multiple of the element's bytes
    uint32_t bytes;   ///< elements times the bytes of each
    float scale;
    int32_t zero_point;
    uint8_t rank;
    ElementType type;
    uint8_t reserved[2];
    uint32_t dims[4];
};

}  // namespace ganglion
