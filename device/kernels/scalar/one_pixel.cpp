#include "device/kernels/scalar/one_pixel.hpp"

#include "device/kernels/paired_conv_2d.hpp"
#include "device/kernels/scalar/rows_by_column.hpp"
#include "device/kernels/scalar/scale.hpp"

namespace ganglion::scalar {

void one_pixel(const OnePixel& work) {
    const uint32_t bytes = static_cast<uint32_t>(sizeof(PairedChannel)) + work.taps;
    const uint8_t* record = work.records;
    for (uint32_t done = 0; done < work.channels; done += kRows) {
        int32_t sums[kRows];
        const uint32_t left = work.channels - done;
        const uint32_t count = left < kRows ? left : kRows;
        const auto* weights = reinterpret_cast<const int8_t*>(record + sizeof(PairedChannel));
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
