#include <algorithm>
#include <cmath>

#include "compile/cost/sight.hpp"

// Operations without a window, and poolings.

namespace ganglion::compile::cost {
namespace {

template <typename... Kinds>
struct Overloaded : Kinds... {
    using Kinds::operator()...;
};
template <typename... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

double product(double a, double b) {
    return a * b;
}

/// Both by 4, so that the C library moves words where there are at least 16 bytes.
bool are_aligned(std::initializer_list<uint32_t> places) {
    return std::all_of(places.begin(), places.end(), [](uint32_t place) { return place % 4 == 0; });
}

/// A rescaling: how it rounds depends on which way it shifts.
Events shift_events(double count, int32_t shift) {
    Events events;
    events << count << (shift > 0 ? count : 0) << (shift == 0 ? count : 0);
    return events;
}

Events copy_events(const CopyOp& op) {
    const uint32_t from = op.input + op.input_begin;
    const uint32_t to = op.output + op.output_begin;
    double aligned = 0;  // runs
    for (uint32_t row = 0; row < op.rows; ++row)
        aligned += are_aligned({from + row * op.input_stride, to + row * op.output_stride}) ? 1 : 0;
    const double goes_back = op.rows == 1 && to > from && to < from + op.bytes ? 1 : 0;
    Events events;
    events << 1;
    for (double of : {goes_back, 1 - goes_back}) {
        events << run_events(of * aligned, op.bytes, true)
               << run_events(of * (op.rows - aligned), op.bytes, false);
    }
    return events;
}

/// Of the runs that a strided copy moves: those whose ends both lie at words.
double aligned_runs(const StridedCopyOp& op) {
    double aligned = 0;
    const auto visit = [&](const auto& again, size_t n, uint32_t from, uint32_t to) -> void {
        if (n == 4) {
            aligned += are_aligned({from, to}) ? 1 : 0;
            return;
        }
        for (uint32_t i = 0; i < op.counts[n]; ++i)
            again(again, n + 1, from + i * op.input_strides[n], to + i * op.output_strides[n]);
    };
    visit(visit, 0, op.input + op.input_begin, op.output + op.output_begin);
    return aligned;
}

Events strided_copy_events(const StridedCopyOp& op) {
    const double outer = product(op.counts[0], op.counts[1]);
    const double runs = outer * op.counts[2];
    const double all = runs * op.counts[3];
    Events events;
    events << 1 << op.counts[0] << outer;
    for (uint32_t bytes : {1U, 2U, 4U}) {
        const double of = op.bytes == bytes ? 1 : 0;
        events << of * runs << of * all;
    }
    const bool is_other = op.bytes != 1 && op.bytes != 2 && op.bytes != 4;
    const double aligned = is_other ? aligned_runs(op) : 0;
    events << (is_other ? runs : 0);
    events.add(run_events(aligned, op.bytes, true), is_other ? 1 : 0);
    events.add(run_events(all - aligned, op.bytes, false), is_other ? 1 : 0);
    return events;
}

template <typename Op>
Events broadcast_events(const Op& op) {
    const double outer = product(op.counts[0], op.counts[1]);
    const double runs = outer * op.counts[2];
    const double all = runs * op.counts[3];
    Events events;
    events << 1 << op.counts[0] << outer << runs << all << (op.first.is_constant != 0 ? 1 : 0)
           << (op.second.is_constant != 0 ? 1 : 0);
    for (int32_t shift : {op.first.shift, op.second.shift, op.shift})
        events << (shift > 0 ? all : 0) << (shift < 0 ? all : 0);
    return events;
}

template <typename Op>
Events reduce_events(const Op& op) {
    const double outputs = double{1} * op.outer * op.middle * op.inner;
    Events events;
    events << 1 << op.outer << product(op.outer, op.middle) << outputs << outputs * op.first
           << outputs * op.first * op.second;
    return events;
}

/// Rows of a matrix with each of `out` others.
Events dot_events(double dots, uint32_t depth) {
    Events events;
    events << dots << dots * depth << dots * (depth / 4) << dots * (depth % 4)
           << dots * parts(depth, 16);
    return events;
}

Events add_events(const AddOp& op, Kernels kernels) {
    const double count = op.count;
    const auto shift_less_1 = static_cast<uint32_t>(-op.shift - 1);
    const double is_plain = op.shift == 0 || shift_less_1 > kMostPackedShift ? 1 : 0;
    Events events;
    events << 1 << count * is_plain << count * (1 - is_plain) << parts(op.count, 4);
    for (int32_t shift : {op.first.shift, op.second.shift, op.shift})
        events << (shift < 0 ? count : 0) << (shift < 0 ? parts(op.count, 4) : 0);
    if (kernels == Kernels::dual) events << clamp_events(1 - is_plain, count, op.range);
    return events;
}

/// Of values as likely anywhere in int8: those so far below the largest count nothing. The
/// exponentials of the first 16 of a row are kept, those of the others computed again.
Events softmax_events(const SoftmaxOp& op) {
    const double others = product(op.rows, op.depth - 1);
    const double again = op.depth > 16 ? product(op.rows, op.depth - 16) : 0;
    const double counted = std::min(1.0, -op.difference_minimum / 256.0);
    Events events;
    events << 1 << op.rows << others << others * counted << again << again * counted;
    return events;
}

Events lookup_events(const LookupOp& op) {
    Events events;
    events << 1 << op.count << op.count / 16 << op.count % 16;
    return events;
}

Events pad_events(const PadOp& op) {
    const uint32_t in_row = uint32_t{op.in_width} * op.channels;
    const uint32_t out_row = uint32_t{op.out_width} * op.channels;
    const uint32_t from = op.input;
    const uint32_t to = op.output + op.top * out_row + uint32_t{op.left} * op.channels;
    double aligned = 0;  // rows
    for (uint32_t y = 0; y < op.in_height; ++y)
        aligned += are_aligned({from + y * in_row, to + y * out_row}) ? 1 : 0;
    Events events;
    events << 1 << run_events(1, op.out_height * out_row, op.output % 4 == 0)
           << run_events(aligned, in_row, true)
           << run_events(op.in_height - aligned, in_row, false);
    return events;
}

Events resize_nearest_events(const ResizeNearestOp& op, std::span<const uint8_t> constants) {
    const double pixels = product(op.out_height, op.out_width);
    double aligned = are_aligned({op.input, op.output}) ? pixels : 0;
    if (op.pixel_bytes % 4 != 0) {
        const auto* rows = reinterpret_cast<const uint16_t*>(constants.data() + op.rows);
        const auto* columns = reinterpret_cast<const uint16_t*>(constants.data() + op.columns);
        uint32_t to = op.output;
        aligned = 0;
        for (uint32_t y = 0; y < op.out_height; ++y) {
            for (uint32_t x = 0; x < op.out_width; ++x, to += op.pixel_bytes) {
                const uint32_t pixel = rows[y] * uint32_t{op.in_width} + columns[x];
                aligned += are_aligned({op.input + pixel * op.pixel_bytes, to}) ? 1 : 0;
            }
        }
    }
    Events events;
    events << 1 << op.out_height << run_events(aligned, op.pixel_bytes, true)
           << run_events(pixels - aligned, op.pixel_bytes, false);
    return events;
}

Events svdf_events(const SvdfOp& op) {
    const double filters = product(op.batches, op.filters);
    const double is_int8 = op.state_bytes == 1 ? 1 : 0;
    Events events;
    events << 1 << op.batches << filters / op.rank << dot_events(filters, op.inputs);
    for (double of : {is_int8, 1 - is_int8}) {
        events << of * filters << of * filters * op.memory << of * filters * (op.memory / 4)
               << of * filters * (op.memory / 16);
    }
    return events;
}

Events lstm_events(const LstmOp& op) {
    const double steps = product(op.batches, op.steps);
    const double units = steps * op.units;
    Events events;
    events << 1 << op.batches << units << run_events(steps, op.units, false)
           << dot_events(4 * units, op.inputs) << dot_events(4 * units, op.units);
    return events;
}

template <typename Op>
Events batch_matmul_events(const Op& op) {
    const double batches = product(op.batches[0], op.batches[1]);
    Events events;
    events << 1 << op.batches[0] << batches << batches * op.rows << batches * op.rows * op.columns
           << batches * op.rows * op.columns * op.depth;
    return events;
}

Events int16_conv_events(const Int16Conv2dOp& op) {
    const Window2d& w = op.window;
    const Sight sight(w);
    const bool merges = op.groups == 1 && w.dilation_x == 1;
    const double pixels = double{1} * w.out_height * w.out_width;
    const auto seen = static_cast<double>(std::count_if(sight.columns.begin(), sight.columns.end(),
                                                        [](uint32_t n) { return n > 0; }));
    const double rows = sight.all_rows() * seen;
    const double taps = sight.all_rows() * sight.all_columns();
    const double calls = merges ? rows : taps;
    const double depth = w.in_channels / op.groups;
    Events events;
    events << 1 << w.out_height << pixels << pixels * w.out_channels
           << sight.all_rows() * w.out_width << pixels * w.kernel_height << pixels * w.kernel_width
           << sight.all_rows() * w.out_width * w.out_channels << rows * w.out_channels
           << calls * w.out_channels << taps * depth * w.out_channels;
    return events;
}

Events resize_bilinear_events(const ResizeBilinearOp& op) {
    const double pixels = product(op.out_height, op.out_width);
    Events events;
    events << 1 << op.out_height << pixels << pixels * op.channels;
    return events;
}

/// Of n values in any order, the n-th is the best so far once in n.
Events arg_max_events(const ArgMaxOp& op) {
    const double outputs = product(op.outer, op.inner);
    Events events;
    events << 1 << op.outer << outputs << outputs * (op.depth - 1)
           << outputs * std::log(double{1} * op.depth);
    return events;
}

Events rescale_events(const RescaleOp& op) {
    Events events;
    events << 1;
    for (uint32_t from : {1U, 2U}) {
        for (uint32_t to : {1U, 2U}) {
            const bool is = op.input_bytes == from && op.output_bytes == to;
            events << (is ? op.count : 0);
        }
    }
    return events << shift_events(op.count, op.shift);
}

Events int16_softmax_events(const Int16SoftmaxOp& op) {
    Events events;
    events << 1 << op.rows << product(op.rows, op.depth);
    return events;
}

Events leaky_relu_events(const Int16LeakyReluOp& op) {
    const double count = op.count;
    Events events;
    events << 1 << shift_events(count, op.shift) << shift_events(count, op.negative_shift)
           << (op.negative_multiplier == 0 ? count : 0);
    return events;
}

/// Of values as likely anywhere in int16: those beyond the table's end are not looked up.
Events sigmoid_events(const Int16SigmoidOp& op) {
    const double entry = op.header.kind == OpKind::int16_tanh ? 256 : 512;
    const double most = 32768 * std::ldexp(op.multiplier, -op.shift);
    const double within = std::min(1.0, 255 * entry / std::max(most, 1.0));
    Events events;
    events << 1 << op.count << op.count * within << (op.shift > 0 ? op.count : 0);
    return events;
}

}  // namespace

Events packed_dense_events(const PackedFullyConnectedOp& op) {
    const double rows = op.rows;
    const double records = rows * parts(op.out, 4);
    const uint32_t pairs = op.depth / 8;
    const double one_more = (op.depth & 4) != 0 ? 1 : 0;
    const uint32_t few = op.depth & 3;
    const double is_packed = static_cast<uint32_t>(-op.shift - 1) <= kMostPackedShift ? 1 : 0;
    Events events;
    events << 1 << rows << rows * few << (few > 0 ? rows : 0) << records * is_packed
           << records * (1 - is_packed) << records * pairs << (pairs > 0 ? records : 0)
           << records * one_more << (few > 0 ? records : 0) << rows * (op.out % 4);
    for (uint32_t n : {1U, 2U, 3U}) events << (few == n ? rows : 0) << (op.out % 4 == n ? rows : 0);
    return events << clamp_events(1, rows * op.out, op.range);
}

Events paired_dense_events(const PairedFullyConnectedOp& op) {
    const double records = parts(op.out, 4);
    Events events;
    events << 1 << records << records * parts(op.depth, 256) << records * (op.depth / 4) << op.out
           << op.depth / 4;
    return events << clamp_events(1, op.out, op.range);
}

Events dense_events(const FullyConnectedOp& op) {
    const double rows = op.rows;
    const double pairs = rows * parts(op.out, 2);
    const double fours = rows * parts(op.out, 4);
    Events events;
    events << 1 << rows << rows * op.out << rows * op.out * op.depth << pairs
           << pairs * (op.depth / 4) << pairs * (op.depth % 4) << rows * (op.out % 2)
           << shift_events(fours, op.shift) << fours * parts(op.depth, 16)
           << (op.shift > 0 ? rows * op.out : 0);
    return events;
}

Events pool_events(const Window2d& w) {
    const Sight sight(w);
    const double pixels = double{1} * w.out_height * w.out_width;
    const double rows = sight.all_rows() * w.out_width;
    const double taps = sight.all_rows() * sight.all_columns();
    const bool is_large = uint32_t{w.kernel_height} * w.kernel_width > 255;
    Events events;
    events << 1 << w.out_height << pixels << pixels * w.out_channels;
    const double fours = is_large ? 0 : w.out_channels / 4;
    const double alone = is_large ? w.out_channels : w.out_channels % 4;
    for (double times : {fours, alone, double(w.out_channels), double(parts(w.out_channels, 4)),
                         double(parts(w.out_channels, 16))}) {
        events << times * pixels << times * rows << times * taps;
    }
    return events;
}

Events events_of(const Operation& operation, std::span<const uint8_t> constants, Kernels kernels) {
    return std::visit(
        Overloaded{
            [&](const PackedConv2dOp& op) { return packed_conv_events(op, kernels); },
            [&](const PairedConv2dOp& op) { return paired_conv_events(op, constants); },
            [](const Conv2dOp& op) { return conv_events(op); },
            [](const Int4Conv2dOp& op) { return int4_conv_events(op); },
            [](const GroupedConv2dOp& op) { return grouped_conv_events(op.window, op.groups); },
            [&](const PackedDepthwiseConv2dOp& op) {
                return packed_depthwise_events(op, constants, kernels);
            },
            [&](const DepthwiseConv2dOp& op) { return depthwise_events(op, kernels); },
            [](const PackedFullyConnectedOp& op) { return packed_dense_events(op); },
            [](const PairedFullyConnectedOp& op) { return paired_dense_events(op); },
            [](const FullyConnectedOp& op) { return dense_events(op); },
            [](const Pool2dOp& op) { return pool_events(op.window); },
            [](const Int16Pool2dOp& op) { return pool_events(op.window); },
            [&](const AddOp& op) { return add_events(op, kernels); },
            [](const SoftmaxOp& op) { return softmax_events(op); },
            [](const LookupOp& op) { return lookup_events(op); },
            [](const PadOp& op) { return pad_events(op); },
            [](const StridedCopyOp& op) { return strided_copy_events(op); },
            [&](const ResizeNearestOp& op) { return resize_nearest_events(op, constants); },
            [](const ResizeBilinearOp& op) { return resize_bilinear_events(op); },
            [](const TransposeConv2dOp& op) { return transpose_conv_events(op.window); },
            [](const Int16TransposeConv2dOp& op) { return transpose_conv_events(op.window); },
            [](const BatchMatmulOp& op) { return batch_matmul_events(op); },
            [](const Int16BatchMatmulOp& op) { return batch_matmul_events(op); },
            [](const BroadcastOp& op) { return broadcast_events(op); },
            [](const Int16BroadcastOp& op) { return broadcast_events(op); },
            [](const ReduceOp& op) { return reduce_events(op); },
            [](const Int16ReduceOp& op) { return reduce_events(op); },
            [](const ArgMaxOp& op) { return arg_max_events(op); },
            [](const RescaleOp& op) { return rescale_events(op); },
            [](const Int16Conv2dOp& op) { return int16_conv_events(op); },
            [](const Int16DepthwiseConv2dOp& op) { return int16_depthwise_events(op); },
            [](const Int16SigmoidOp& op) { return sigmoid_events(op); },
            [](const Int16LeakyReluOp& op) { return leaky_relu_events(op); },
            [](const Int16SoftmaxOp& op) { return int16_softmax_events(op); },
            [](const LstmOp& op) { return lstm_events(op); },
            [](const SvdfOp& op) { return svdf_events(op); },
            [](const CopyOp& op) { return copy_events(op); },
            [](const FillOp& op) { return run_events(1, op.count, op.output % 4 == 0); },
            [](const LoadConstantsOp& op) {
                return run_events(1, op.count, (op.output | op.source) % 4 == 0);
            },
            [](const auto&) { return Events(); },  // loops, and what runs on x86-64 alone
        },
        operation);
}

}  // namespace ganglion::compile::cost
