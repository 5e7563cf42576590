#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compile/operation.hpp"
#include "compile/quantization.hpp"
#include "model/graph.hpp"

namespace ganglion::compile {

/// A program's constants while they are collected; every entry starts at a word boundary.
class Constants {
  public:
    uint32_t add(std::span<const uint8_t> bytes);
    uint32_t add(std::span<const int32_t> words);
    void truncate(size_t bytes) { bytes_.resize(bytes); }
    const std::vector<uint8_t>& bytes() const { return bytes_; }
    std::vector<uint8_t>& bytes() { return bytes_; }

  private:
    std::vector<uint8_t> bytes_;
};

/// A padding whose work its readers do for nothing: rows and columns that it puts before the image.
struct FoldedPad {
    int32_t unpadded;  ///< tensor before the padding; -1: nothing folded
    int32_t top, left;
};
inline constexpr FoldedPad kNoPad{-1, 0, 0};

/// One operator of the graph that is being lowered: checked access to its tensors. All errors are
/// std::runtime_error that name the operator and its place in the graph.
class Place {
  public:
    Place(const model::Graph& graph, size_t index, Constants& constants, const FoldedPad& pad)
        : graph_(graph), index_(index), constants_(constants), pad_(pad) {}

    const model::Operator& op() const { return graph_.operators[index_]; }
    Constants& constants() const { return constants_; }
    const FoldedPad& pad() const { return pad_; }

    [[noreturn]] void fail(const std::string& what) const;

    bool has_input(size_t n) const { return n < op().inputs.size() && op().inputs[n] >= 0; }
    const model::Tensor& input(size_t n) const;
    const model::Tensor& output() const;
    const model::Tensor& output(size_t n) const;  ///< of an operator with several

    /// Computed int16 tensors with one scale and zero point 0.
    const model::Tensor& int16_input(size_t n) const;
    const model::Tensor& int16_operand(size_t n) const;  ///< as int16_input, or a constant
    const model::Tensor& int16_output() const;

    /// Computed int8 tensors with one scale and a zero point in int8.
    const model::Tensor& int8_input(size_t n) const;
    const model::Tensor& int8_operand(size_t n) const;  ///< as int8_input, or a constant
    const model::Tensor& int8_output() const;
    const model::Tensor& int8_output(size_t n) const;  ///< of an operator with several
    int32_t input_number(size_t n) const { return op().inputs[n]; }
    int32_t output_number(size_t n = 0) const { return op().outputs[n]; }
    /// Input 0, or what it was before a folded PAD.
    int32_t unpadded_number() const { return pad_.unpadded >= 0 ? pad_.unpadded : input_number(0); }
    const model::Tensor& unpadded_input() const { return graph_.tensors[unpadded_number()]; }

    /// Constant int8 weights of `rank` dimensions, zero points 0, scales present.
    const model::Tensor& weights(size_t n, size_t rank) const;
    /// int32 bias of `count` entries; zeros where the operator has none.
    std::vector<int32_t> bias(size_t n, uint32_t count) const;

    /// Constant int32 values of a small vector or scalar, such as axes and sizes.
    std::vector<int32_t> numbers(size_t n) const;

    /// The operator's options, which must be of this kind.
    template <typename Options>
    const Options& options() const {
        if (const auto* options = std::get_if<Options>(&op().options)) return *options;
        fail("its options are missing");
    }

    /// `value` as a number that fits the program's 16-bit field.
    uint16_t narrow(int64_t value, const char* what) const;

    /// int64 bias of `count` entries; zeros where the operator has none.
    std::vector<int64_t> long_bias(size_t n, uint32_t count) const;

    OutputRange range(model::Activation activation) const;
    Int16Range int16_range(model::Activation activation) const;
    Multiplier multiplier(double real) const;

  private:
    const model::Tensor& int8_tensor(int32_t number) const;
    const model::Tensor& int16_tensor(int32_t number) const;
    const model::Tensor& computed(const model::Tensor& tensor) const;
    const model::Tensor& int8_activation(int32_t number) const;

    const model::Graph& graph_;
    size_t index_;
    Constants& constants_;
    const FoldedPad& pad_;
};

int32_t zero_point(const model::Tensor& tensor);

/// Writes a layer's per-channel table; `sums` are the channels' sums of weights, into whose bias
/// the zero point of input 0 is folded.
ChannelTable channel_table(const Place& place, const model::Tensor& weights,
                           const std::vector<int64_t>& sums);

/// True where the operator computes on int16 activations.
bool takes_int16(const Place& place);

/// One function per operator; arena fields of the result hold tensor numbers, a convolution's
/// scratch UINT32_MAX.
Operation lower_conv_2d(const Place& place);
Operation lower_depthwise_conv_2d(const Place& place);
Operation lower_average_pool_2d(const Place& place);
Operation lower_max_pool_2d(const Place& place);
Operation lower_resize_nearest(const Place& place);
Operation lower_resize_bilinear(const Place& place);
Operation lower_transpose_conv(const Place& place);
Operation lower_fully_connected(const Place& place);
/// ADD, SUB, MUL, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE and PRELU.
Operation lower_elementwise(const Place& place);
/// MEAN, SUM, REDUCE_MAX and REDUCE_MIN.
Operation lower_reduction(const Place& place);
/// ARG_MAX and ARG_MIN.
Operation lower_arg_max(const Place& place);
Operation lower_softmax(const Place& place);
Operation lower_logistic(const Place& place);
Operation lower_tanh(const Place& place);
Operation lower_hard_swish(const Place& place);
Operation lower_abs(const Place& place);
Operation lower_elu(const Place& place);
Operation lower_exp(const Place& place);
Operation lower_quantize(const Place& place);
/// RELU, RELU6 and RELU_N1_TO_1 on their own.
Operation lower_relu(const Place& place);
Operation lower_leaky_relu(const Place& place);

Operation lower_lstm(const Place& place);
Operation lower_svdf(const Place& place);

/// The same operators on int16 activations; ADD, SUB, MUL, MAXIMUM and MINIMUM are elementwise.
Operation lower_int16_conv_2d(const Place& place);
Operation lower_int16_depthwise_conv_2d(const Place& place);
Operation lower_int16_fully_connected(const Place& place);
Operation lower_int16_average_pool_2d(const Place& place);
Operation lower_int16_max_pool_2d(const Place& place);
Operation lower_int16_elementwise(const Place& place);
/// MEAN, SUM, REDUCE_MAX and REDUCE_MIN.
Operation lower_int16_reduction(const Place& place);
Operation lower_int16_softmax(const Place& place);
Operation lower_int16_logistic(const Place& place);
Operation lower_int16_tanh(const Place& place);
/// RELU, RELU6 and RELU_N1_TO_1.
Operation lower_int16_relu(const Place& place);
Operation lower_int16_leaky_relu(const Place& place);
Operation lower_int16_resize_bilinear(const Place& place);
Operation lower_int16_transpose_conv(const Place& place);

/// Operators that take several operations, or that only move values.
std::vector<Operation> lower_concatenation(const Place& place);
std::vector<Operation> lower_strided_slice(const Place& place);
std::vector<Operation> lower_slice(const Place& place);
std::vector<Operation> lower_transpose(const Place& place);
std::vector<Operation> lower_pack(const Place& place);
std::vector<Operation> lower_unpack(const Place& place);
std::vector<Operation> lower_depth_to_space(const Place& place);
std::vector<Operation> lower_space_to_depth(const Place& place);
/// PAD and PADV2.
std::vector<Operation> lower_pad(const Place& place);
/// With its constant factors put into the arena first.
std::vector<Operation> lower_batch_matmul(const Place& place);
std::vector<Operation> lower_split(const Place& place);

/// What a PAD operator puts around the height and width of one image; empty where it pads
/// anything else.
struct ImagePadding {
    int32_t top, bottom, left, right;
};
std::optional<ImagePadding> image_padding(const Place& place);
/// What stands around the input: 0 of PAD, the third input of PADV2.
int32_t padding_value(const Place& place);

}  // namespace ganglion::compile
