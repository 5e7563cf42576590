#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "compile/cost/events.hpp"
#include "device/kernels/op.hpp"

namespace ganglion::compile::cost {

/// How many of a window's rows and columns lie inside the image, for each output position.
struct Sight {
    explicit Sight(const Window2d& window)
        : rows(along(window.out_height, window.stride_y, window.pad_top, window.kernel_height,
                     window.dilation_y, window.in_height)),
          columns(along(window.out_width, window.stride_x, window.pad_left, window.kernel_width,
                        window.dilation_x, window.in_width)),
          height(window.kernel_height),
          width(window.kernel_width) {}

    bool is_whole(uint32_t y, uint32_t x) const { return rows[y] == height && columns[x] == width; }
    double taps(uint32_t y, uint32_t x) const { return double{1} * rows[y] * columns[x]; }
    double all_rows() const { return std::accumulate(rows.begin(), rows.end(), 0.0); }
    double all_columns() const { return std::accumulate(columns.begin(), columns.end(), 0.0); }

    std::vector<uint32_t> rows, columns;
    uint32_t height, width;

  private:
    static std::vector<uint32_t> along(uint32_t outputs, int32_t stride, int32_t pad,
                                       int32_t kernel, int32_t dilation, int32_t inputs) {
        std::vector<uint32_t> inside(outputs);
        for (uint32_t n = 0; n < outputs; ++n) {
            for (int32_t k = 0; k < kernel; ++k) {
                const int32_t at = static_cast<int32_t>(n) * stride - pad + k * dilation;
                inside[n] += at >= 0 && at < inputs ? 1 : 0;
            }
        }
        return inside;
    }
};

/// Runs of bytes that are moved, `calls` times. The C libraries differ: word by word where all
/// begin at words and have at least 16 bytes, else byte by byte; or word by word wherever they
/// begin; or by vectors of 16.
inline Events run_events(double calls, uint32_t bytes, bool is_aligned) {
    const double words = is_aligned && bytes >= 16 ? calls : 0;
    Events events;
    events << calls << (calls - words) * bytes << calls * parts(bytes, 16) << words
           << words * (bytes / 16) << words * (bytes % 16 / 4) << words * (bytes % 4)
           << calls * (bytes / 16) << calls * (bytes % 16 / 4) << calls * (bytes % 4);
    return events;
}

/// Windows that are copied tap by tap, with their borders: gather_patch() and the like.
class Gathered {
  public:
    explicit Gathered(const Window2d& window) : window_(window) {}

    void add(const Sight& sight, uint32_t y, uint32_t x) {
        ++pixels_;
        rows_ += sight.rows[y];
        inside_ += sight.taps(y, x);
    }
    double pixels() const { return pixels_; }

    Events events() const {
        const double taps = pixels_ * window_.kernel_height * window_.kernel_width;
        const double outside = taps - inside_;
        const bool is_aligned = window_.in_channels % 4U == 0;
        Events events;
        events << pixels_ << pixels_ * window_.kernel_height << rows_
               << rows_ * window_.kernel_width
               << run_events(inside_, window_.in_channels, is_aligned)
               << run_events(outside, window_.in_channels, is_aligned);
        return events;
    }

  private:
    const Window2d& window_;
    double pixels_ = 0, rows_ = 0, inside_ = 0;
};

/// Calls visit(first, pixels) for `size` output pixels at a time, fewer at the end; pixels are
/// numbered row by row.
template <typename Visit>
void for_blocks(const Window2d& window, uint32_t size, Visit visit) {
    const uint32_t all = uint32_t{window.out_height} * window.out_width;
    for (uint32_t first = 0; first < all; first += size)
        visit(first, all - first < size ? all - first : size);
}

}  // namespace ganglion::compile::cost
