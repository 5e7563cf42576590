#include "device/kernels/portable/interleaved_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/x86/image.hpp"
#include "device/kernels/x86/paths.hpp"

namespace ganglion {

void interleaved_conv_2d(const InterleavedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const x86::Kernels* kernels = x86::kernels();
    if (kernels == nullptr) return portable::interleaved_conv_2d(op, arena, constants);
    const Window2d& w = op.window;
    auto* scratch = reinterpret_cast<uint8_t*>(arena + op.scratch);
    x86::ConvBand band{};
    band.image = scratch;
    band.width = w.out_width;
    band.channels = w.out_channels;
    band.kernel_rows = w.kernel_height;
    band.taps = uint32_t{w.kernel_width} * w.in_channels;
    band.groups = interleaved_conv_2d_groups(w);
    band.records = constants + op.records;
    band.record_bytes = interleaved_conv_2d_record_bytes(w);
    band.minimum = op.range.minimum;
    band.maximum = op.range.maximum;
    band.ties_away = op.ties_away != 0;
    for (uint32_t row = 0; row < w.out_height; row += op.band) {
        const uint32_t rows = std::min<uint32_t>(op.band, w.out_height - row);
        const x86::ScratchImage image{interleaved_conv_2d_rows(w, rows), 1,
                                      interleaved_conv_2d_columns(w)};
        x86::fill_scratch(*kernels, w, image, static_cast<int32_t>(row), arena + op.input,
                          static_cast<int8_t>(op.input_zero_point), scratch);
        // What fills up the last row's last group is read, too.
        band.image_bytes =
            image.rows * image.row_bytes(w) + band.groups * kInterleavedTaps - band.taps;
        band.pixel_step = size_t{w.stride_x} * w.in_channels;
        band.line_step = w.stride_y * image.row_bytes(w);
        band.kernel_step = w.dilation_y * image.row_bytes(w);
        band.pixels = rows * w.out_width;
        band.output = arena + op.output + size_t{row} * w.out_width * w.out_channels;
        kernels->conv(band);
    }
}

}  // namespace ganglion
