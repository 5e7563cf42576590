#include <algorithm>

#include "compile/cost/sight.hpp"

// Convolutions that see windows as patches. The loops are those of device/kernels/: cortex_m4 and
// cortex_m55 for packed weights, scalar for paired ones, portable for the others.

namespace ganglion::compile::cost {
namespace {

/// Three pixels at a time, and the last ones alone.
Events dual_conv_events(const PackedConv2dOp& op) {
    Window2d w = op.window;
    const uint32_t pixels = uint32_t{w.out_height} * w.out_width;
    if (packed_conv_2d_is_pixelwise(w) && pixels <= UINT16_MAX) {
        w.in_height = w.out_height = 1;
        w.in_width = w.out_width = static_cast<uint16_t>(pixels);
    }
    const uint32_t taps = packed_conv_2d_taps(w);
    const uint32_t run = uint32_t{w.kernel_width} * w.in_channels;
    const bool is_whole_run = w.dilation_x == 1 && run % 4 == 0;
    const Sight sight(w);
    Gathered gathered(w);
    double together = 0;
    double whole = 0;
    double copied = 0;
    const auto alone = [&](uint32_t pixel) {
        const uint32_t y = pixel / w.out_width;
        const uint32_t x = pixel % w.out_width;
        if (!sight.is_whole(y, x) || w.dilation_x != 1) {
            gathered.add(sight, y, x);
        } else {
            (is_whole_run ? whole : copied) += 1;
        }
    };
    for_blocks(w, 3, [&](uint32_t first, uint32_t count) {
        const uint32_t y = first / w.out_width;
        const uint32_t x = first % w.out_width;
        if (count == 3 && is_whole_run && x + 3 <= w.out_width && sight.is_whole(y, x) &&
            sight.is_whole(y, x + 2)) {
            ++together;
        } else {
            for (uint32_t i = 0; i < count; ++i) alone(first + i);
        }
    });
    const uint32_t pairs = w.out_channels / 2U;
    const uint32_t is_odd = w.out_channels % 2U;
    const uint32_t groups = taps / 4;
    const double threes = pixels / 3;
    const double ones = pixels % 3;
    const double is_positive = op.range.minimum >= op.range.zero_point ? 1 : 0;
    Events events;
    events << 1 << threes << (pairs > 0 ? threes : 0) << threes * pairs * is_positive
           << threes * pairs * (1 - is_positive) << threes * pairs * groups
           << threes * pairs * parts(groups, 4) << threes * is_odd << threes * is_odd * groups
           << ones << ones * pairs << ones * pairs * groups << ones * is_odd
           << ones * is_odd * groups;
    events << together << together * w.kernel_height << together * w.kernel_height * (run / 4);
    events << whole << whole * w.kernel_height << whole * w.kernel_height * (run / 4);
    events << copied << copied * w.kernel_height << copied * w.kernel_height * (run / 4)
           << copied * w.kernel_height * (run % 4) << copied * groups;
    events << gathered.events() << gathered.pixels() * groups;
    events << clamp_events(threes + ones, double{1} * pixels * w.out_channels, op.range);
    return events;
}

/// Four pixels at a time, the last one alone.
Events vector_conv_events(const PackedConv2dOp& op) {
    const Window2d& w = op.window;
    const uint32_t taps = packed_conv_2d_taps(w);
    const uint32_t run = uint32_t{w.kernel_width} * w.in_channels;
    const uint32_t step = uint32_t{w.stride_x} * w.in_channels;
    const Sight sight(w);
    Gathered gathered(w);
    double together = 0;
    double by_vectors = 0;  // windows whose rows are whole vectors, read where they lie
    double direct = 0;      // windows that are one run
    double copied = 0;      // windows whose rows are copied first
    double border = 0;      // and those that reach over the edge
    double empty = 0;       // of them, which see nothing of the image
    double below = 0;       // their rows below the image, which are counted one by one
    double short_rows = 0;  // their rows inside that fit a vector
    double long_rows = 0;   // and the others
    double long_parts = 0;  // vectors of those
    const bool is_direct = w.kernel_height == 1 && run == taps;
    double tiny = 0;
    double inside_alone = 0;  // direct and copied ones that are looked at one by one
    const auto alone = [&](uint32_t pixel) {
        const uint32_t y = pixel / w.out_width;
        const uint32_t x = pixel % w.out_width;
        if (sight.is_whole(y, x) && w.dilation_x == 1) {
            (is_direct ? direct : copied) += 1;
            ++inside_alone;
        } else if (w.dilation_x != 1) {
            gathered.add(sight, y, x);
        } else {
            ++border;
            const int32_t down = w.in_height - static_cast<int32_t>(y) * w.stride_y + w.pad_top;
            const int32_t above = (std::max(down, 0) + w.dilation_y - 1) / w.dilation_y;
            below += std::max(w.kernel_height - above, 0);
            const uint32_t bytes = sight.columns[x] * w.in_channels;
            empty += bytes * sight.rows[y] == 0 ? 1 : 0;
            if (bytes == 0) return;
            (bytes > 16 ? long_rows : short_rows) += sight.rows[y];
            long_parts += double{1} * sight.rows[y] * (bytes > 16 ? parts(bytes, 16) : 0);
        }
    };
    double slow = 0;
    for_blocks(w, 4, [&](uint32_t first, uint32_t count) {
        const uint32_t y = first / w.out_width;
        const uint32_t x = first % w.out_width;
        const bool is_together = count > 1 && w.dilation_x == 1 && x + count <= w.out_width &&
                                 sight.is_whole(y, x) && sight.is_whole(y, x + count - 1);
        if (!is_together) {
            if (count > 1) slow += count;
            for (uint32_t i = 0; i < count; ++i) alone(first + i);
            return;
        }
        ++together;
        if (count == 4 && taps == 8 && run == 8 && step == 8) {
            ++tiny;
        } else if (run % 16 == 0) {
            by_vectors += count;
        } else {
            (is_direct ? direct : copied) += count;
        }
    });
    const uint32_t pixels = uint32_t{w.out_height} * w.out_width;
    const uint32_t left = pixels % 4;
    const double fours = pixels / 4;
    const double few = left >= 2 ? 1 : 0;
    const double one = left == 1 ? 1 : 0;
    const uint32_t records = packed_conv_2d_record_count(w);
    const uint32_t turns = (taps + 4) / 16;
    const uint32_t rest = taps % 16 == 12 ? 0 : taps % 16;
    const double has_rest = rest != 0 ? 1 : 0;
    const double is_positive = op.range.minimum >= op.range.zero_point ? 1 : 0;
    const double is_odd = w.out_channels % 2;
    const double whole = w.out_channels / 2;
    const double laid = direct + copied + border + gathered.pixels();
    Events events;
    events << 1 << fours << few << one;
    events << fours * records * is_positive << fours * records * (1 - is_positive) << few * records
           << (fours + few) * records * (turns > 0 ? 1 : 0) << (fours + few) * records * turns
           << (fours + few) * records * parts(turns, 2) << (fours + few) * records * has_rest
           << (fours + few) * whole << few * whole;
    events << one * records << one * records * turns << one * records * has_rest << one * is_odd
           << one * whole << one * (taps / 16) << one * has_rest << one * (taps >= 16 ? 1 : 0);
    events << together << tiny << slow << by_vectors << by_vectors * w.kernel_height
           << by_vectors * w.kernel_height * (run / 16) << laid << laid * (taps / 16)
           << laid * (taps >= 16 ? 1 : 0) << laid * has_rest << laid * (taps % 16 != 0 ? 1 : 0)
           << direct << inside_alone;
    const double rows = w.kernel_height;
    const double is_long = run > 16 ? 1 : 0;
    events << copied << copied * rows * (1 - is_long) << copied * rows * is_long
           << copied * rows * is_long * parts(run, 16);
    events << border - empty << border * parts(w.kernel_height * run, 16) << empty << below
           << short_rows << long_rows << long_parts << gathered.events();
    return events;
}

}  // namespace

Events clamp_events(double calls, double bytes, const OutputRange& range) {
    const double is_narrow = range.minimum == -128 && range.maximum == 127 ? 0 : 1;
    const double each = calls > 0 ? bytes / calls : 0;
    Events events;
    events << calls * is_narrow << is_narrow * bytes
           << is_narrow * calls * (static_cast<uint32_t>(each) / 4U);
    return events;
}

Events packed_conv_events(const PackedConv2dOp& op, Kernels kernels) {
    return kernels == Kernels::vector ? vector_conv_events(op) : dual_conv_events(op);
}

/// Four pixels at a time, two in a word; one that is left alone.
Events paired_conv_events(const PairedConv2dOp& op, std::span<const uint8_t> constants) {
    const Window2d& w = op.window;
    const uint32_t taps = paired_conv_2d_taps(w);
    const uint32_t groups = taps / 4;
    const uint32_t run = uint32_t{w.kernel_width} * w.in_channels;
    const bool is_direct = paired_conv_2d_is_direct(w);
    const Sight sight(w);
    Gathered scattered(w);
    Gathered gathered(w);
    double several = 0;
    double spread = 0;
    double joined = 0;
    double ones = 0;
    for_blocks(w, 4, [&](uint32_t first, uint32_t count) {
        if (count == 1) {
            ++ones;
            if (!is_direct) gathered.add(sight, first / w.out_width, first % w.out_width);
            return;
        }
        ++several;
        bool is_inside = w.dilation_x == 1;
        for (uint32_t i = first; i < first + count; ++i)
            is_inside = is_inside && sight.is_whole(i / w.out_width, i % w.out_width);
        if (is_inside) {
            ++spread;
            return;
        }
        ++joined;
        for (uint32_t i = first; i < first + count; ++i)
            scattered.add(sight, i / w.out_width, i % w.out_width);
    });
    // Where products of four taps fit 16 bits: for each channel, and for both of a pair.
    const uint32_t channels = w.out_channels;
    const auto fits = [&](uint32_t channel) {
        const size_t at = op.records + size_t{channel} * paired_conv_2d_record_bytes(w) +
                          offsetof(PairedChannel, fours_fit);
        return at < constants.size() && constants[at] != 0;
    };
    double fit = 0;
    double pairs_fit = 0;
    for (uint32_t channel = 0; channel < channels; ++channel) fit += fits(channel) ? 1 : 0;
    for (uint32_t channel = 0; channel < channels; channel += 2)
        pairs_fit += fits(channel) && fits(std::min(channel + 1, channels - 1)) ? 1 : 0;
    const double pairs = parts(channels, 2);
    Events events;
    events << 1 << several << several * channels << several * pairs << several * (channels % 2)
           << several * fit * groups << several * (channels - fit) * groups
           << several * pairs_fit * groups << several * (pairs - pairs_fit) * groups
           << several * (channels - fit) << several * (pairs - pairs_fit);
    // Rows that share loads; fewer channels go one by one.
    const auto share = [&](uint32_t rows) {
        const double at_once = channels < rows ? 0 : parts(channels, rows);
        const double alone = channels < rows ? channels : 0;
        events << ones * at_once << ones * at_once * rows << ones * at_once * groups << ones * alone
               << ones * alone * taps;
    };
    share(4);
    share(6);
    events << ones << gathered.events();
    events << spread << spread * w.kernel_height << spread * w.kernel_height * run;
    events << joined << joined * taps << scattered.events();
    events << clamp_events(several + ones, double{1} * w.out_height * w.out_width * w.out_channels,
                           op.range);
    return events;
}

Events conv_events(const Conv2dOp& op) {
    const Window2d& w = op.window;
    const uint32_t taps = conv_2d_taps(w);
    const double pixels = double{1} * w.out_height * w.out_width;
    const Sight sight(w);
    Gathered gathered(w);
    if (!conv_2d_is_pointwise(w)) {
        for (uint32_t y = 0; y < w.out_height; ++y) {
            for (uint32_t x = 0; x < w.out_width; ++x) gathered.add(sight, y, x);
        }
    }
    const double fours = parts(w.out_channels, 4);
    Events events;
    events << 1 << w.out_height << pixels << pixels * w.out_channels
           << pixels * w.out_channels * taps << pixels * fours << pixels * fours * parts(taps, 16)
           << gathered.events();
    return events;
}

Events int4_conv_events(const Int4Conv2dOp& op) {
    const Window2d& w = op.window;
    const uint32_t words = int4_conv_2d_words(w);
    const Sight sight(w);
    Gathered gathered(w);
    for (uint32_t y = 0; y < w.out_height; ++y) {
        for (uint32_t x = 0; x < w.out_width; ++x) gathered.add(sight, y, x);
    }
    const uint32_t pixels = uint32_t{w.out_height} * w.out_width;
    const double twos = pixels / 2;
    const double one = pixels % 2;
    Events events;
    events << 1 << w.out_height << twos << twos * w.out_channels << twos * w.out_channels * words
           << one << one * w.out_channels << one * w.out_channels * words
           << double{1} * pixels * (8 * words - conv_2d_taps(w)) << gathered.events();
    return events;
}

/// Taps are added where they lie.
Events grouped_conv_events(const Window2d& w, uint32_t groups) {
    const Sight sight(w);
    const double pixels = double{1} * w.out_height * w.out_width;
    const double depth = w.in_channels / groups;
    const double inside = sight.all_rows() * sight.all_columns() * w.out_channels;
    const double all = pixels * w.kernel_height * w.kernel_width * w.out_channels;
    Events events;
    events << 1 << w.out_height << pixels << pixels * w.out_channels
           << pixels * w.out_channels * w.kernel_height << inside << all - inside << inside * depth
           << (all - inside) * depth << sight.all_rows() * w.out_width * w.out_channels;
    return events;
}

Events transpose_conv_events(const Window2d& w) {
    double rows = 0;  // kernel rows that reach an output, over all of these
    double columns = 0;
    const auto reach = [](uint32_t outputs, int32_t pad, int32_t stride, int32_t kernel,
                          int32_t inputs) {
        double sum = 0;
        for (uint32_t n = 0; n < outputs; ++n) {
            for (int32_t k = 0; k < kernel; ++k) {
                const int32_t at = static_cast<int32_t>(n) + pad - k;
                sum += at >= 0 && at % stride == 0 && at / stride < inputs ? 1 : 0;
            }
        }
        return sum;
    };
    rows = reach(w.out_height, w.pad_top, w.stride_y, w.kernel_height, w.in_height);
    columns = reach(w.out_width, w.pad_left, w.stride_x, w.kernel_width, w.in_width);
    const double pixels = double{1} * w.out_height * w.out_width;
    Events events;
    events << 1 << w.out_height << pixels << pixels * w.out_channels
           << rows * w.out_width * w.out_channels << rows * columns * w.out_channels
           << rows * columns * w.out_channels * w.in_channels;
    return events;
}

}  // namespace ganglion::compile::cost
