#pragma once

#include <cstdint>

namespace ganglion {

/// What an operation of a program computes. The values are part of the program format
/// (docs/program.md).
enum class OpKind : uint16_t {
    conv_2d = 1,
    depthwise_conv_2d = 2,
    fully_connected = 3,
    average_pool_2d = 4,
    max_pool_2d = 5,
    add = 6,
    softmax = 7,
    lookup = 8,
    pad = 9,
    packed_conv_2d = 10,
    packed_depthwise_conv_2d = 11,
    packed_fully_connected = 12,
    copy = 13,
    fill = 14,
    load_constants = 15,
    repeat = 16,
    broadcast_add = 17,
    subtract = 18,
    squared_difference = 19,
    multiply = 20,
    maximum = 21,
    minimum = 22,
    prelu = 23,
    reduce_sum = 24,
    reduce_maximum = 25,
    reduce_minimum = 26,
    arg_max = 27,
    arg_min = 28,
    rescale = 29,
    grouped_conv_2d = 30,
    interleaved_conv_2d = 32,
    interleaved_depthwise_conv_2d = 33,
    int16_conv_2d = 34,
    int16_depthwise_conv_2d = 35,
    int16_average_pool_2d = 36,
    int16_max_pool_2d = 37,
    int16_add = 38,
    int16_subtract = 39,
    int16_multiply = 40,
    int16_maximum = 41,
    int16_minimum = 42,
    int16_logistic = 43,
    int16_tanh = 44,
    int16_leaky_relu = 45,
    int16_softmax = 46,
    int16_reduce_sum = 47,
    paired_conv_2d = 64,
    strided_copy = 48,
    resize_nearest = 49,
    resize_bilinear = 50,
    transpose_conv_2d = 51,
    batch_matmul = 52,
    lstm = 53,
    svdf = 54,
    int4_conv_2d = 55,
    int16_reduce_maximum = 56,
    int16_reduce_minimum = 57,
    int16_resize_bilinear = 58,
    int16_transpose_conv_2d = 59,
    int16_batch_matmul = 60,
    paired_fully_connected = 65,
};

/// First member of every operation: what it is and how many bytes its record takes (a multiple of
/// 4).
struct OpHeader {
    OpKind kind;
    uint16_t bytes;
};

/// How a window slides over an image of height × width × channels, batch 1, channels last.
/// Dimensions are at least 1. A window position may reach outside the image; each kernel says what
/// it finds there.
struct Window2d {
    uint16_t in_height, in_width, in_channels;
    uint16_t out_height, out_width, out_channels;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_y, stride_x;
    uint16_t dilation_y, dilation_x;
    uint16_t pad_top, pad_left;
};

/// Output side of an int8 layer: real = scale * (value - zero_point), values clamped to [minimum,
/// maximum] (the fused activation).
struct OutputRange {
    int16_t zero_point;
    int8_t minimum, maximum;
};

/// The clamp of an int16 layer, whose zero point is 0.
struct Int16Range {
    int16_t minimum, maximum;
};

/// Offset in a program's constants of a layer's per-channel table for `channels` output channels:
///   int32_t bias[channels]        bias - input zero point * sum of the channel's weights
///   int32_t multiplier[channels]  2^31 * mantissa, 0 or in [2^30, 2^31)
///   int8_t  shift[channels]       exponent, in [-31, 30]
/// The offset is a multiple of 4. Output = requantize(accumulator + bias, multiplier, shift), see
/// requantize.hpp.
struct ChannelTable {
    uint32_t offset;
};

constexpr uint32_t channel_table_bytes(uint32_t channels) {
    return 9 * channels;
}

}  // namespace ganglion
