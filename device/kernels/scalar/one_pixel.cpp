#include "device/kernels/scalar/one_pixel.hpp"

#include "device/kernels/paired_conv_2d.hpp"
#include "device/kernels/scalar/rows_by_column.hpp"
#include "device/kernels/scalar/scale.hpp"

namespace ganglion::scalar {

void one_pixel(const OnePixel& work) {
    const uint32_t bytes = static_cast<uint32_t>(sizeof(PairedChannel)) + work.taps;
    const uint32_t count = work.channels < kRows ? work.channels : kRows;
    for (uint32_t first = 0; first < work.channels; first += count) {
        // The last rows overlap those before them.
        const uint32_t last = work.channels - count;
        const uint32_t done = first < last ? first : last;
        const uint8_t* record = work.records + done * bytes;
        const auto* weights = reinterpret_cast<const int8_t*>(record + sizeof(PairedChannel));
        int32_t sums[kRows];
        if (count == kRows) {
            rows_by_column(weights, bytes, work.values, work.taps, sums);
        } else {
            for (uint32_t i = 0; i < count; ++i)
                sums[i] = row_by_column(weights + i * bytes, work.values, work.taps);
        }
        for (uint32_t i = 0; i < count; ++i, record += bytes) {
            const auto& channel = *reinterpret_cast<const PairedChannel*>(record);
            const Scale scale(channel.multiplier, channel.shift_less_1,
                              work.twice_zero_point_plus_1);
            work.output[done + i] = scale.output(sums[i] + channel.bias);
        }
    }
}

}  // namespace ganglion::scalar
