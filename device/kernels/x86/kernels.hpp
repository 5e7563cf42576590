#pragma once

#include <cstddef>
#include <cstdint>

// What the vector kernels are told: plain numbers, resolved by code that runs on any x86-64. The
// files that hold them are compiled for processors that not every machine has, so they share no
// inline function with the rest of the program: the linker might keep their copy of it.

namespace ganglion::x86 {

/// One band of output rows of an interleaved convolution. Sizes and steps in bytes.
struct ConvBand {
    const uint8_t* image;  ///< of the band's first output pixel
    size_t image_bytes;    ///< all that the band sees
    size_t pixel_step;     ///< from what an output pixel sees to what its right neighbour sees
    size_t line_step;      ///< to what the pixel below sees
    size_t kernel_step;    ///< from one kernel row to the next
    uint32_t width;        ///< output pixels of a line
    uint32_t pixels;       ///< output pixels, whole lines
    uint32_t channels;     ///< of the output
    uint32_t kernel_rows;
    uint32_t taps;    ///< of a kernel row
    uint32_t groups;  ///< of four taps, rounded up
    const uint8_t* records;
    size_t record_bytes;
    int8_t* output;
    int8_t minimum, maximum;
    bool ties_away;
};

/// A band of output rows of an interleaved depthwise convolution, of one record: in each row
/// `items` runs of at most 64 lanes.
struct DepthwiseBand {
    const uint8_t* image;
    size_t line_step;    ///< in the image, from what a row sees to what the next one sees
    size_t output_step;  ///< from a row to the next
    uint32_t rows;
    const uint32_t* taps;  ///< four a group: where in the image a tap of the first output lies
    uint32_t groups;
    uint32_t pairs;  ///< of taps that are not there only to fill the last group
    uint32_t items;
    uint32_t step;   ///< from one run to the next, in image and output
    uint32_t lanes;  ///< of a run
    uint32_t bytes;  ///< of a row, from the first run's first output on: may cut the last one short
    const uint8_t* record;
    int8_t* output;
    int8_t minimum, maximum;
    bool ties_away;
};

/// An addition in 64-bit numbers, where a requantization's two roundings are one: of a negative
/// number, `tie` less, so that ties go away from zero; 0 where none can be seen.
struct Addition {
    /// (value * multiplier + addend) >> shift
    struct Side {
        const int8_t* values;
        int32_t zero_point;  ///< smaller values are negative
        int32_t multiplier;
        int64_t addend, tie;
        int32_t shift;
    };
    Side first, second;
    int8_t* output;
    int32_t multiplier;  ///< of the sides' sum
    int64_t addend, tie;
    int32_t shift;
    int8_t minimum, maximum;
};

/// The kernels of one instruction set.
struct Kernels {
    void (*conv)(const ConvBand& band);
    void (*depthwise)(const DepthwiseBand& band);
    /// `count` pixels of `bytes`, `step` apart, to lie behind each other, each byte plus 128.
    void (*copy_plus_128)(const int8_t* from, size_t step, size_t bytes, size_t count, uint8_t* to);
    /// Adds as many of `count` elements as it takes at once, from the first on; returns how many.
    uint32_t (*add)(const Addition& addition, uint32_t count);
};

}  // namespace ganglion::x86
