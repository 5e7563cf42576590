#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

#include "device/kernels/add.hpp"
#include "device/kernels/arg_max.hpp"
#include "device/kernels/batch_matmul.hpp"
#include "device/kernels/broadcast.hpp"
#include "device/kernels/conv_2d.hpp"
#include "device/kernels/copy.hpp"
#include "device/kernels/depthwise_conv_2d.hpp"
#include "device/kernels/fill.hpp"
#include "device/kernels/fully_connected.hpp"
#include "device/kernels/grouped_conv_2d.hpp"
#include "device/kernels/int16_conv_2d.hpp"
#include "device/kernels/int16_elements.hpp"
#include "device/kernels/int16_pool_2d.hpp"
#include "device/kernels/int16_reduce.hpp"
#include "device/kernels/int16_softmax.hpp"
#include "device/kernels/int16_transpose_conv_2d.hpp"
#include "device/kernels/int4_conv_2d.hpp"
#include "device/kernels/interleaved_conv_2d.hpp"
#include "device/kernels/interleaved_depthwise_conv_2d.hpp"
#include "device/kernels/load_constants.hpp"
#include "device/kernels/lookup.hpp"
#include "device/kernels/lstm.hpp"
#include "device/kernels/packed_conv_2d.hpp"
#include "device/kernels/packed_depthwise_conv_2d.hpp"
#include "device/kernels/packed_fully_connected.hpp"
#include "device/kernels/pad.hpp"
#include "device/kernels/paired_conv_2d.hpp"
#include "device/kernels/paired_fully_connected.hpp"
#include "device/kernels/pool_2d.hpp"
#include "device/kernels/reduce.hpp"
#include "device/kernels/rescale.hpp"
#include "device/kernels/resize.hpp"
#include "device/kernels/softmax.hpp"
#include "device/kernels/strided_copy.hpp"
#include "device/kernels/svdf.hpp"
#include "device/kernels/transpose_conv_2d.hpp"
#include "device/program/repeat.hpp"

// The one list of what a program can do. A new operation is a header and a kernel in
// device/kernels/, a check in device/program/, its OpKind, and a row here.

namespace ganglion {

/// A name as a template argument.
template <size_t size>
struct OperationName {
    char text[size];
    consteval OperationName(const char (&name)[size]) {
        for (size_t i = 0; i < size; ++i) text[i] = name[i];
    }
};

/// An operation: its kind, its record, and the kernel (named `name_`) that runs it.
template <OperationName name_, OpKind kind_, typename Record_,
          void (*kernel)(const Record_&, int8_t*, const uint8_t*)>
struct OperationRow {
    using Record = Record_;
    static constexpr std::string_view name{name_.text};
    static constexpr OpKind kind = kind_;
    static void run(const OpHeader& record, int8_t* arena, const uint8_t* constants) {
        kernel(reinterpret_cast<const Record&>(record), arena, constants);
    }
};

template <typename... Rows>
struct OperationTable {
    /// Calls visit with an object of the row of this kind and returns true; false where there is
    /// none.
    template <typename Visit>
    static constexpr bool find(OpKind kind, Visit visit) {
        return ((kind == Rows::kind && (visit(Rows{}), true)) || ...);
    }
    /// List<the record of each row>
    template <template <typename...> typename List>
    using Records = List<typename Rows::Record...>;
};

using Operations = OperationTable<
    OperationRow<"conv_2d", OpKind::conv_2d, Conv2dOp, conv_2d>,
    OperationRow<"depthwise_conv_2d", OpKind::depthwise_conv_2d, DepthwiseConv2dOp,
                 depthwise_conv_2d>,
    OperationRow<"fully_connected", OpKind::fully_connected, FullyConnectedOp, fully_connected>,
    OperationRow<"average_pool_2d", OpKind::average_pool_2d, Pool2dOp, average_pool_2d>,
    OperationRow<"max_pool_2d", OpKind::max_pool_2d, Pool2dOp, max_pool_2d>,
    OperationRow<"add", OpKind::add, AddOp, add>,
    OperationRow<"softmax", OpKind::softmax, SoftmaxOp, softmax>,
    OperationRow<"lookup", OpKind::lookup, LookupOp, lookup>,
    OperationRow<"pad", OpKind::pad, PadOp, pad>,
    OperationRow<"packed_conv_2d", OpKind::packed_conv_2d, PackedConv2dOp, packed_conv_2d>,
    OperationRow<"packed_depthwise_conv_2d", OpKind::packed_depthwise_conv_2d,
                 PackedDepthwiseConv2dOp, packed_depthwise_conv_2d>,
    OperationRow<"packed_fully_connected", OpKind::packed_fully_connected, PackedFullyConnectedOp,
                 packed_fully_connected>,
    OperationRow<"interleaved_conv_2d", OpKind::interleaved_conv_2d, InterleavedConv2dOp,
                 interleaved_conv_2d>,
    OperationRow<"interleaved_depthwise_conv_2d", OpKind::interleaved_depthwise_conv_2d,
                 InterleavedDepthwiseConv2dOp, interleaved_depthwise_conv_2d>,
    OperationRow<"paired_conv_2d", OpKind::paired_conv_2d, PairedConv2dOp, paired_conv_2d>,
    OperationRow<"paired_fully_connected", OpKind::paired_fully_connected, PairedFullyConnectedOp,
                 paired_fully_connected>,
    OperationRow<"strided_copy", OpKind::strided_copy, StridedCopyOp, strided_copy>,
    OperationRow<"resize_nearest", OpKind::resize_nearest, ResizeNearestOp, resize_nearest>,
    OperationRow<"resize_bilinear", OpKind::resize_bilinear, ResizeBilinearOp, resize_bilinear>,
    OperationRow<"transpose_conv_2d", OpKind::transpose_conv_2d, TransposeConv2dOp,
                 transpose_conv_2d>,
    OperationRow<"batch_matmul", OpKind::batch_matmul, BatchMatmulOp, batch_matmul>,
    OperationRow<"broadcast_add", OpKind::broadcast_add, BroadcastOp, broadcast_add>,
    OperationRow<"subtract", OpKind::subtract, BroadcastOp, subtract>,
    OperationRow<"squared_difference", OpKind::squared_difference, BroadcastOp, squared_difference>,
    OperationRow<"multiply", OpKind::multiply, BroadcastOp, multiply>,
    OperationRow<"maximum", OpKind::maximum, BroadcastOp, maximum>,
    OperationRow<"minimum", OpKind::minimum, BroadcastOp, minimum>,
    OperationRow<"prelu", OpKind::prelu, BroadcastOp, prelu>,
    OperationRow<"reduce_sum", OpKind::reduce_sum, ReduceOp, reduce_sum>,
    OperationRow<"reduce_maximum", OpKind::reduce_maximum, ReduceOp, reduce_maximum>,
    OperationRow<"reduce_minimum", OpKind::reduce_minimum, ReduceOp, reduce_minimum>,
    OperationRow<"arg_max", OpKind::arg_max, ArgMaxOp, arg_max>,
    OperationRow<"arg_min", OpKind::arg_min, ArgMaxOp, arg_min>,
    OperationRow<"rescale", OpKind::rescale, RescaleOp, rescale>,
    OperationRow<"grouped_conv_2d", OpKind::grouped_conv_2d, GroupedConv2dOp, grouped_conv_2d>,
    OperationRow<"int16_conv_2d", OpKind::int16_conv_2d, Int16Conv2dOp, int16_conv_2d>,
    OperationRow<"int16_depthwise_conv_2d", OpKind::int16_depthwise_conv_2d, Int16DepthwiseConv2dOp,
                 int16_depthwise_conv_2d>,
    OperationRow<"int16_average_pool_2d", OpKind::int16_average_pool_2d, Int16Pool2dOp,
                 int16_average_pool_2d>,
    OperationRow<"int16_max_pool_2d", OpKind::int16_max_pool_2d, Int16Pool2dOp, int16_max_pool_2d>,
    OperationRow<"int16_add", OpKind::int16_add, Int16BroadcastOp, int16_add>,
    OperationRow<"int16_subtract", OpKind::int16_subtract, Int16BroadcastOp, int16_subtract>,
    OperationRow<"int16_multiply", OpKind::int16_multiply, Int16BroadcastOp, int16_multiply>,
    OperationRow<"int16_maximum", OpKind::int16_maximum, Int16BroadcastOp, int16_maximum>,
    OperationRow<"int16_minimum", OpKind::int16_minimum, Int16BroadcastOp, int16_minimum>,
    OperationRow<"int16_logistic", OpKind::int16_logistic, Int16SigmoidOp, int16_logistic>,
    OperationRow<"int16_tanh", OpKind::int16_tanh, Int16SigmoidOp, int16_tanh>,
    OperationRow<"int16_leaky_relu", OpKind::int16_leaky_relu, Int16LeakyReluOp, int16_leaky_relu>,
    OperationRow<"int16_softmax", OpKind::int16_softmax, Int16SoftmaxOp, int16_softmax>,
    OperationRow<"int16_reduce_sum", OpKind::int16_reduce_sum, Int16ReduceOp, int16_reduce_sum>,
    OperationRow<"int16_reduce_maximum", OpKind::int16_reduce_maximum, Int16ReduceOp,
                 int16_reduce_maximum>,
    OperationRow<"int16_reduce_minimum", OpKind::int16_reduce_minimum, Int16ReduceOp,
                 int16_reduce_minimum>,
    OperationRow<"int16_resize_bilinear", OpKind::int16_resize_bilinear, ResizeBilinearOp,
                 int16_resize_bilinear>,
    OperationRow<"int16_transpose_conv_2d", OpKind::int16_transpose_conv_2d, Int16TransposeConv2dOp,
                 int16_transpose_conv_2d>,
    OperationRow<"int16_batch_matmul", OpKind::int16_batch_matmul, Int16BatchMatmulOp,
                 int16_batch_matmul>,
    OperationRow<"int4_conv_2d", OpKind::int4_conv_2d, Int4Conv2dOp, int4_conv_2d>,
    OperationRow<"lstm", OpKind::lstm, LstmOp, lstm>,
    OperationRow<"svdf", OpKind::svdf, SvdfOp, svdf>,
    OperationRow<"copy", OpKind::copy, CopyOp, copy>,
    OperationRow<"fill", OpKind::fill, FillOp, fill>,
    OperationRow<"load_constants", OpKind::load_constants, LoadConstantsOp, load_constants>,
    OperationRow<"repeat", OpKind::repeat, RepeatOp, repeat>>;

/// A kernel's record from its words, as a program holds them.
template <typename Record, size_t count>
constexpr Record record_of(void (*)(const Record&, int8_t*, const uint8_t*),
                           const std::array<uint32_t, count>& words) {
    return std::bit_cast<Record>(words);
}

}  // namespace ganglion
