#include "device/kernels/portable/interleaved_depthwise_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/x86/image.hpp"
#include "device/kernels/x86/paths.hpp"

namespace ganglion {
namespace {

/// Kernels of more taps are left to the portable code; the loader takes them.
constexpr uint32_t kMostTapsHere = 256;

/// Where in the scratch image each tap of the first output pixel lies, in groups of four; those
/// that fill the last group repeat the last tap.
void find_taps(const Window2d& w, const x86::ScratchImage& image, uint32_t* taps) {
    const uint32_t count = uint32_t{w.kernel_height} * w.kernel_width;
    for (uint32_t i = 0; i < kInterleavedTaps * interleaved_depthwise_groups(w); ++i) {
        const uint32_t tap = std::min(i, count - 1);
        const uint32_t y = tap / w.kernel_width * w.dilation_y;
        const uint32_t x = tap % w.kernel_width * w.dilation_x;
        const uint32_t column =
            y * image.parts * image.columns + x % image.parts * image.columns + x / image.parts;
        taps[i] = column * w.in_channels;
    }
}

}  // namespace

void interleaved_depthwise_conv_2d(const InterleavedDepthwiseConv2dOp& op, int8_t* arena,
                                   const uint8_t* constants) {
    const x86::Kernels* kernels = x86::kernels();
    const Window2d& w = op.window;
    if (kernels == nullptr || uint32_t{w.kernel_height} * w.kernel_width > kMostTapsHere)
        return portable::interleaved_depthwise_conv_2d(op, arena, constants);
    auto* scratch = reinterpret_cast<uint8_t*>(arena + op.scratch);
    x86::ScratchImage image{0, w.stride_x, interleaved_depthwise_columns(w)};
    uint32_t taps[kMostTapsHere + kInterleavedTaps];
    find_taps(w, image, taps);
    const uint32_t line = uint32_t{w.out_width} * w.out_channels;
    const bool joined = interleaved_depthwise_joins_pixels(w);
    x86::DepthwiseBand band{};
    band.taps = taps;
    band.groups = interleaved_depthwise_groups(w);
    band.pairs = (uint32_t{w.kernel_height} * w.kernel_width + 1) / 2;
    band.items = joined ? (line + kInterleavedLanes - 1) / kInterleavedLanes : w.out_width;
    band.step = joined ? kInterleavedLanes : w.out_channels;
    band.minimum = op.range.minimum;
    band.maximum = op.range.maximum;
    band.ties_away = op.ties_away != 0;
    for (uint32_t first = 0; first < w.out_height; first += op.band) {
        const uint32_t rows = std::min<uint32_t>(op.band, w.out_height - first);
        image.rows = interleaved_depthwise_rows(w, rows);
        x86::fill_scratch(*kernels, w, image, static_cast<int32_t>(first), arena + op.input,
                          static_cast<int8_t>(op.input_zero_point), scratch);
        band.rows = rows;
        band.line_step = w.stride_y * image.row_bytes(w);
        band.output_step = line;
        for (uint32_t record = 0; record < interleaved_depthwise_record_count(w); ++record) {
            const uint32_t channel = record * kInterleavedLanes;
            band.image = scratch + channel;
            band.record = constants + op.records + record * interleaved_depthwise_record_bytes(w);
            band.output = arena + op.output + size_t{first} * line + channel;
            band.lanes =
                joined ? kInterleavedLanes : std::min(kInterleavedLanes, w.out_channels - channel);
            band.bytes = line - channel;
            kernels->depthwise(band);
        }
    }
}

}  // namespace ganglion
