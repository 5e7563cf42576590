#include "device/kernels/x86/image.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion::x86 {
namespace {

/// Columns of one part that lie inside the image, [begin, end).
struct Inside {
    int32_t begin, end;
};

Inside inside_of(const Window2d& w, const ScratchImage& image, int32_t part) {
    const auto parts = static_cast<int32_t>(image.parts);
    const auto columns = static_cast<int32_t>(image.columns);
    // Column j of the part is column j * parts + part - pad_left of the image.
    const auto at_least = [&](int32_t x) {
        const int32_t distance = x + w.pad_left - part;
        return std::clamp((distance + parts - 1) / parts, int32_t{0}, columns);
    };
    return {at_least(0), at_least(w.in_width)};
}

}  // namespace

void fill_scratch(const Kernels& kernels, const Window2d& w, const ScratchImage& image,
                  int32_t first_row, const int8_t* input, int8_t zero_point, uint8_t* scratch) {
    const size_t channels = w.in_channels;
    const size_t row_bytes = image.row_bytes(w);
    const int32_t top = first_row * w.stride_y - w.pad_top;
    const auto rows = static_cast<int32_t>(image.rows);
    const uint8_t border = plus_128(zero_point);
    const bool whole_rows = image.parts == 1 && w.pad_left == 0 && image.columns == w.in_width;
    if (whole_rows && top >= 0 && top + rows <= w.in_height) {
        kernels.copy_plus_128(input + static_cast<size_t>(top) * row_bytes, 0,
                              static_cast<size_t>(rows) * row_bytes, 1, scratch);
        return;
    }
    for (int32_t y = top; y < top + rows; ++y) {
        if (y < 0 || y >= w.in_height) {
            std::memset(scratch, border, row_bytes);
            scratch += row_bytes;
            continue;
        }
        const int8_t* line = input + static_cast<size_t>(y) * w.in_width * channels;
        for (uint32_t part = 0; part < image.parts; ++part) {
            const auto [begin, end] = inside_of(w, image, static_cast<int32_t>(part));
            const size_t before = static_cast<size_t>(begin) * channels;
            const size_t count = end > begin ? static_cast<size_t>(end - begin) : 0;
            std::memset(scratch, border, before);
            scratch += before;
            if (count != 0) {
                const auto x =
                    static_cast<size_t>(int64_t{begin} * image.parts + part - w.pad_left);
                const int8_t* from = line + x * channels;
                if (image.parts == 1)
                    kernels.copy_plus_128(from, 0, count * channels, 1, scratch);
                else
                    kernels.copy_plus_128(from, image.parts * channels, channels, count, scratch);
                scratch += count * channels;
            }
            const size_t after = (image.columns - static_cast<size_t>(begin) - count) * channels;
            std::memset(scratch, border, after);
            scratch += after;
        }
    }
}

}  // namespace ganglion::x86
