#pragma once

#include "device/kernels/conv_2d.hpp"

namespace ganglion {

/// conv_2d with int4 weights, which stay packed: eight a word, so that four masks give pairs for a
/// dual 16-bit multiplier. A channel's taps are padded to whole words; bits 4k to 4k + 3 of a word
/// hold tap 2k, and 16 bits above tap 2k + 1, each as weight + 8. scratch:
/// int4_conv_2d_scratch_bytes() of arena, 4-byte aligned.
struct Int4Conv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output, scratch;  ///< in the arena
    uint32_t weights;                 ///< in the constants, 4-byte aligned: [out, words]
    ChannelTable channels;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t reserved;

    constexpr uint32_t scratch_bytes() const;
};

constexpr uint32_t int4_conv_2d_words(const Window2d& window) {
    return (conv_2d_taps(window) + 7) / 8;
}

/// Two patches of int16 where there are two pixels, so that weights are unpacked for both.
constexpr uint32_t int4_conv_2d_scratch_bytes(const Window2d& window) {
    const bool single = window.out_height == 1 && window.out_width == 1;
    return (single ? 1U : 2U) * 16 * int4_conv_2d_words(window);
}

constexpr uint32_t Int4Conv2dOp::scratch_bytes() const {
    return int4_conv_2d_scratch_bytes(window);
}

void int4_conv_2d(const Int4Conv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
