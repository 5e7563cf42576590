#include <algorithm>
#include <bit>

#include "compile/cost/sight.hpp"

// Depthwise convolutions. The loops are those of device/kernels/: cortex_m4, cortex_m55 and scalar.

namespace ganglion::compile::cost {
namespace {

/// Rows of the images in scratch that one band brings in.
struct BandRows {
    double kept = 0, filled = 0, loaded = 0;
};

/// What bands of `band` output rows bring into images of `rows` rows.
template <typename Visit>
void for_bands(const Window2d& w, uint32_t band, uint32_t rows, Visit visit) {
    for (uint32_t out = 0; out < w.out_height; out += band) {
        const auto all = static_cast<int32_t>(rows);
        const int32_t kept = out > 0 ? std::max(w.kernel_height - w.stride_y, 0) : 0;
        const int32_t first = static_cast<int32_t>(out) * w.stride_y - w.pad_top;
        const int32_t top = std::clamp<int32_t>(-first, kept, all);
        const int32_t bottom = std::clamp<int32_t>(w.in_height - first, top, all);
        visit(BandRows{double(kept),
                       band < w.out_height ? double(top - kept) + double(all - bottom) : 0,
                       double(bottom - top)},
              std::min<uint32_t>(band, w.out_height - out));
    }
}

/// Four channels at a time, each an image of int16.
Events dual_events(const PackedDepthwiseConv2dOp& op) {
    const Window2d& w = op.window;
    const uint32_t columns = packed_depthwise_columns(w);
    const uint32_t rows = packed_depthwise_rows(w, op.band);
    const double halves = columns * rows;
    const uint32_t wanted = std::min<uint32_t>(w.in_width, columns - w.pad_left);
    const uint32_t channels = w.out_channels;
    const double fours = channels / 4;
    const double few = channels % 4;
    double bands = 0;
    double kept = 0;
    double filled = 0;
    double loaded = 0;
    for_bands(w, op.band, rows, [&](const BandRows& band, uint32_t) {
        ++bands;
        kept += band.kept;
        filled += band.filled;
        loaded += band.loaded;
    });
    const double blocks = parts(channels, 4);
    const double is_positive = op.range.minimum >= op.range.zero_point ? 1 : 0;
    const double out_rows = w.out_height;
    const double again = bands - 1;  // bands that keep rows
    Events events;
    events << 1 << 2 * halves << blocks << blocks * bands << channels * bands;
    const auto kept_bytes = again > 0 ? static_cast<uint32_t>(2 * kept / again * columns) : 0;
    events << run_events(channels * again, kept_bytes, true) << channels * again * (filled > 0)
           << channels * filled * columns / 2 << channels * filled;
    events << fours * bands << fours * loaded << fours * loaded * (wanted / 2)
           << fours * loaded * (wanted % 2);
    const double is_few = few > 0 ? 1 : 0;
    events << is_few * bands << is_few * loaded << is_few * loaded * wanted
           << loaded * wanted * few;
    const double lines = channels * out_rows;
    const double calls = channels * bands;
    const bool is_3x3 = packed_depthwise_is_3x3(w);
    const double by_1 = is_3x3 && w.stride_x == 1 ? 1 : 0;
    const double by_2 = is_3x3 && w.stride_x == 2 ? 1 : 0;
    const double any = is_3x3 ? 0 : 1;
    for (double of : {by_1, by_2, any}) events << of * calls << of * lines;
    for (double sign : {is_positive, 1 - is_positive}) {
        events << sign * by_1 * lines * (w.out_width / 2) << sign * by_1 * lines * (w.out_width % 2)
               << sign * by_2 * lines * w.out_width;
    }
    const double twos = any * lines * parts(w.out_width, 2);
    const uint32_t words = packed_depthwise_row_taps(w) / 4;
    events << twos << twos * w.kernel_height << twos * w.kernel_height * words
           << any * lines * (w.out_width / 2);
    events << clamp_events(1, out_rows * w.out_width * channels, op.range);
    return events;
}

/// How the images lie; as in the kernel.
struct Shape {
    uint32_t columns, band;
    bool lies;
};
Shape best_shape(const PackedDepthwiseConv2dOp& op) {
    const Window2d& w = op.window;
    const uint32_t columns = (w.out_width - 1U) * w.stride_x + w.kernel_width;
    const uint64_t scratch = op.scratch_bytes();
    const auto fits = [&](uint32_t band) {
        return 4 * columns * packed_depthwise_rows(w, band) + 16 * w.stride_x <= scratch;
    };
    if (!fits(op.band)) return {packed_depthwise_columns(w), op.band, false};
    uint32_t band = op.band;
    while (band < w.out_height && fits(band + 1)) ++band;
    const uint32_t upright = parts(w.out_width, 4) * w.out_height;
    const uint32_t on_side = band < w.out_height && band > 4 ? band / 4 * 4 : band;
    const uint32_t lying =
        (w.out_height / on_side * parts(on_side, 4) + parts(w.out_height % on_side, 4)) *
        w.out_width;
    return lying < upright ? Shape{columns, on_side, true} : Shape{columns, band, false};
}

/// Four channels at a time, each an image of int8; lanes are neighbours in it.
Events vector_events(const PackedDepthwiseConv2dOp& op) {
    const Window2d& w = op.window;
    const Shape shape = best_shape(op);
    const uint32_t rows = packed_depthwise_rows(w, shape.band);
    const double image = shape.columns * rows;
    const uint32_t wanted = std::min<uint32_t>(w.in_width, shape.columns - w.pad_left);
    const uint32_t channels = w.out_channels;
    const double blocks = parts(channels, 4);
    double bands = 0;
    double kept = 0;
    double kept_parts = 0;
    double filled = 0;
    double loaded = 0;
    double strips = 0;  // four lanes down all lines of a band
    double lines = 0;   // of all strips
    double odd_lines = 0;
    for_bands(w, shape.band, rows, [&](const BandRows& band, uint32_t out_rows) {
        ++bands;
        kept += band.kept;
        kept_parts += parts(static_cast<uint32_t>(band.kept) * shape.columns, 16);
        filled += band.filled;
        loaded += band.loaded;
        const double of_band = parts(shape.lies ? out_rows : w.out_width, 4);
        const uint32_t down = shape.lies ? w.out_width : out_rows;
        strips += of_band;
        lines += of_band * down;
        odd_lines += of_band * (down / 3);
    });
    const double is_positive = op.range.minimum >= op.range.zero_point ? 1 : 0;
    const bool is_3x3 = packed_depthwise_is_3x3(w) && w.stride_x == w.stride_y;
    const double by_1 = is_3x3 && w.stride_x == 1 ? 1 : 0;
    const double by_2 = is_3x3 && w.stride_x == 2 ? 1 : 0;
    const double any = is_3x3 ? 0 : 1;
    const double lies = shape.lies ? 1 : 0;
    const double whole = channels / 4;
    const double again = bands - 1;
    Events events;
    events << 1 << parts(static_cast<uint32_t>(4 * image), 16) << shape.band << blocks
           << blocks * bands << channels * (1 - any) << channels * any << channels * bands;
    events << blocks * again * (1 - lies) << blocks * (1 - lies) * kept_parts
           << blocks * again * lies << blocks * again * lies * shape.columns
           << blocks * lies * kept * shape.columns;
    events << blocks * filled << blocks * filled * shape.columns;
    events << blocks * loaded << whole * loaded * wanted << (blocks - whole) * loaded * wanted;
    for (double of : {by_1, by_2, any}) events << of * channels * bands << of * channels * strips;
    for (double sign : {is_positive, 1 - is_positive})
        events << sign * by_1 * channels * lines << sign * by_2 * channels * lines;
    events << by_1 * channels * odd_lines;
    const uint32_t across = shape.lies ? w.kernel_width : w.kernel_height;
    const double taps = w.kernel_height * w.kernel_width;
    events << any * channels * lines << any * channels * lines * across
           << any * channels * lines * taps << any * lies * channels * lines * taps;
    return events;
}

/// One channel at a time, two output rows in a word.
Events scalar_events(const PackedDepthwiseConv2dOp& op, std::span<const uint8_t> constants) {
    const Window2d& w = op.window;
    const int32_t columns = (w.out_width - 1) * w.stride_x + w.kernel_width;
    const auto most = static_cast<int32_t>(packed_depthwise_scratch_bytes(w, op.band) / 4 /
                                           static_cast<uint32_t>(columns));
    const int32_t half =
        std::min<int32_t>((w.out_height + 1) / 2, (most - w.kernel_height) / w.stride_y + 1);
    const int32_t rows = (half - 1) * w.stride_y + w.kernel_height;
    const int32_t inside = std::min<int32_t>(w.pad_left + w.in_width, columns) - w.pad_left;
    double fills = 0;
    double kept = 0;
    double spread = 0;
    double calls = 0;
    for (int32_t y = 0; y < w.out_height; y += 2 * half) {
        ++fills;
        const int32_t keeps =
            y == 0 ? 0 : std::min(rows, std::max(w.kernel_height - w.stride_y, 0));
        kept += keeps;
        spread += rows - keeps;
        calls += std::min<int32_t>(half, w.out_height - y);
    }
    const bool is_3x3 = packed_depthwise_is_3x3(w);
    double fit = 0;   // channels whose products of a kernel row fit 16 bits
    double seen = 0;  // weights that are looked at to know that
    for (uint32_t channel = 0; is_3x3 && channel < w.out_channels; ++channel) {
        const size_t at = op.records + size_t{channel} * packed_depthwise_record_bytes(w) + 12;
        bool fits = at + 12 <= constants.size();
        for (size_t ky = 0; fits && ky < 3; ++ky) {
            int32_t sum = 0;
            for (size_t kx : {0, 1, 3})
                sum += std::abs(static_cast<int8_t>(constants[at + 4 * ky + kx]));
            fits = sum <= 255;
            ++seen;
        }
        fit += fits ? 1 : 0;
    }
    const double channels = w.out_channels;
    Events events;
    events << 1 << channels << channels * fills << channels * spread
           << channels * spread * (columns - inside) << channels * spread * inside
           << channels * kept << channels * kept * columns << channels * kept * inside;
    const double by_1 = w.stride_x == 1 ? 1 : 0;
    events << channels * calls << seen * calls;
    for (double quick : {fit, is_3x3 ? channels - fit : 0}) {
        for (double of : {by_1, 1 - by_1}) {
            const double lines = quick * of * calls;
            events << lines << lines * (w.out_width / 2) << lines * (w.out_width % 2);
        }
    }
    for (double slow : {is_3x3 ? channels - fit : 0, is_3x3 ? 0 : channels}) {
        const double pixels = slow * calls * w.out_width;
        events << slow * calls << pixels << pixels * w.kernel_height
               << pixels * w.kernel_height * w.kernel_width;
    }
    events << clamp_events(1, double{1} * w.out_height * w.out_width * channels, op.range);
    return events;
}

/// Four channels of one pixel at a time.
Events dual_pixel_events(const DepthwiseConv2dOp& op) {
    const Window2d& w = op.window;
    const Sight sight(w);
    const uint32_t channels = w.out_channels;
    const bool is_plain = w.in_channels == channels && w.dilation_x == 1;
    double inside = 0;
    double other_taps = 0;  // inside the image, of the other windows
    double all_taps = 0;
    for (uint32_t y = 0; y < w.out_height; ++y) {
        for (uint32_t x = 0; x < w.out_width; ++x) {
            const bool is_inside = is_plain && sight.is_whole(y, x);
            inside += is_inside ? 1 : 0;
            other_taps += is_inside ? 0 : sight.taps(y, x);
            all_taps += sight.taps(y, x);
        }
    }
    const double pixels = double{1} * w.out_height * w.out_width;
    const double border = pixels - inside;
    const double fours = channels / 4;
    const double rest = channels % 4;
    const double has_rest = rest > 0 ? 1 : 0;
    const double taps = w.kernel_height * w.kernel_width;
    const double small = op.small_sums != 0 ? 1 : 0;
    const double multiplies = w.in_channels == channels ? 0 : 1;
    Events events;
    events << 1 << w.out_height << pixels << inside << inside * fours
           << inside * fours * w.kernel_height
           << inside * fours * w.kernel_height * parts(w.kernel_width, 2) << inside * fours * taps;
    events << border * fours << border * fours * taps << other_taps * fours
           << multiplies * other_taps * fours << pixels * has_rest << pixels * has_rest * taps
           << all_taps * has_rest << pixels * rest * taps << all_taps * rest
           << (border * fours + pixels * has_rest) * w.kernel_height
           << multiplies * all_taps * rest;
    events << small * pixels * fours << (1 - small) * pixels * fours << pixels * rest;
    events << clamp_events(1, pixels * channels, op.range);
    return events;
}

/// Lanes are channels of one pixel: sixteen at a time, then four.
Events vector_pixel_events(const DepthwiseConv2dOp& op) {
    const Window2d& w = op.window;
    const Sight sight(w);
    const uint32_t channels = w.out_channels;
    const double pixels = double{1} * w.out_height * w.out_width;
    const bool is_same = w.in_channels == channels;
    const bool along_row = op.small_sums != 0 && is_same && w.kernel_height == 1 &&
                           w.dilation_x == 1 && w.pad_left == 0 && w.pad_top == 0 &&
                           (w.out_width - 1) * w.stride_x + w.kernel_width <= w.in_width &&
                           (w.out_height - 1) * w.stride_y < w.in_height;
    const double is_positive = op.range.minimum >= op.range.zero_point ? 1 : 0;
    const double sixteens = is_same ? channels / 16 : 0;
    const double fours = parts(is_same ? channels % 16 : channels, 4);
    Events events;
    const double row = along_row ? 1 : 0;
    for (double sign : {row * is_positive, row * (1 - is_positive)}) {
        events << sign * w.out_height << sign * pixels << sign * pixels * sixteens
               << sign * pixels * fours;
    }
    events << row * pixels * sixteens * w.kernel_width << row * pixels * fours * w.kernel_width;
    const double any = along_row ? 0 : 1;
    double rows = 0;
    double taps = 0;
    double border = 0;
    double outside = 0;
    for (uint32_t y = 0; y < w.out_height; ++y) {
        for (uint32_t x = 0; x < w.out_width; ++x) {
            rows += sight.columns[x] > 0 ? sight.rows[y] : 0;
            taps += sight.taps(y, x);
            if (sight.is_whole(y, x)) continue;
            ++border;
            outside += w.kernel_height * w.kernel_width - sight.taps(y, x);
        }
    }
    const double all = w.kernel_height * w.kernel_width;
    events << 1 << any * w.out_height << any * pixels;
    for (double blocks : {sixteens, fours}) {
        const double of = any * blocks;
        events << of * pixels << of * rows << of * taps << of * border
               << of * border * w.kernel_height << of * border * all << of * outside;
    }
    return events;
}

/// Binary digits of each output channel's input channel: a division without an instruction for it
/// takes its time by them.
double quotient_bits(const Window2d& w) {
    const uint32_t multiplier = w.out_channels / w.in_channels;
    double bits = 0;
    for (uint32_t channel = 0; channel < w.out_channels; ++channel)
        bits += std::bit_width(channel / multiplier);
    return bits;
}

/// Portable: blocks of sixteen channels, tap by tap.
Events portable_pixel_events(const DepthwiseConv2dOp& op) {
    const Window2d& w = op.window;
    const Sight sight(w);
    const double channels = w.out_channels;
    const double blocks = parts(w.out_channels, 16);
    const double pixels = double{1} * w.out_height * w.out_width;
    const double taps = pixels * w.kernel_height * w.kernel_width;
    const double inside = sight.all_rows() * sight.all_columns();
    const double same = w.in_channels == w.out_channels ? 1 : 0;
    const double whole = w.out_channels / 16;
    const uint32_t rest = w.out_channels % 16;
    const bool is_aligned = w.out_channels % 4 == 0 && op.input % 4 == 0;
    const double has_rest = rest > 0 ? 1 : 0;
    Events events;
    events << 1 << w.out_height << pixels << pixels * blocks << pixels * blocks * w.kernel_height
           << taps * blocks << taps * channels << pixels * channels << (1 - same) * inside * blocks
           << (1 - same) * inside * channels << (1 - same) * inside * quotient_bits(w)
           << sight.all_rows() * w.out_width * w.kernel_width * blocks
           << run_events(same * inside * whole, 16, is_aligned)
           << run_events(same * inside * has_rest, rest, is_aligned)
           << run_events((taps - inside) * whole, 16, true)
           << run_events((taps - inside) * has_rest, rest, true);
    return events;
}

}  // namespace

Events packed_depthwise_events(const PackedDepthwiseConv2dOp& op,
                               std::span<const uint8_t> constants, Kernels kernels) {
    if (kernels == Kernels::dual) return dual_events(op);
    if (kernels == Kernels::vector) return vector_events(op);
    return scalar_events(op, constants);
}

Events depthwise_events(const DepthwiseConv2dOp& op, Kernels kernels) {
    if (kernels == Kernels::dual) return dual_pixel_events(op);
    if (kernels == Kernels::vector) return vector_pixel_events(op);
    return portable_pixel_events(op);
}

Events int16_depthwise_events(const Int16DepthwiseConv2dOp& op) {
    const Window2d& w = op.window;
    const Sight sight(w);
    const double pixels = double{1} * w.out_height * w.out_width;
    const double inside = sight.all_rows() * sight.all_columns();
    const double same = w.in_channels == w.out_channels ? 1 : 0;
    Events events;
    events << 1 << w.out_height << pixels << pixels * w.out_channels
           << pixels * parts(w.out_channels, 8) << inside << same * inside * w.out_channels
           << (1 - same) * inside * w.out_channels << (1 - same) * inside * quotient_bits(w)
           << inside * parts(w.out_channels, 8) << sight.all_rows() * w.out_width
           << sight.all_rows() * w.out_width * w.out_channels
           << pixels * w.kernel_height * w.kernel_width << pixels * w.kernel_height
           << pixels * w.kernel_height * w.out_channels
           << pixels * w.kernel_height * w.kernel_width * w.out_channels;
    return events;
}

}  // namespace ganglion::compile::cost
