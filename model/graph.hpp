#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ganglion::model {

/// Element types; values as in the TFLite format.
enum class TensorType : uint8_t {
    float32 = 0,
    float16 = 1,
    int32 = 2,
    uint8 = 3,
    int64 = 4,
    string = 5,
    boolean = 6,
    int16 = 7,
    complex64 = 8,
    int8 = 9,
    float64 = 10,
    complex128 = 11,
    uint64 = 12,
    resource = 13,
    variant = 14,
    uint32 = 15,
    uint16 = 16,
    int4 = 17,
};

/// Lower-case name ("int8"); "type 42" for values the format does not define.
std::string to_string(TensorType type);
/// Bytes per element; 0 for types without a fixed whole number of bytes (string, resource, variant,
/// int4).
uint32_t element_bytes(TensorType type);

/// real = scale * (value - zero_point). Empty: not quantized. One entry: whole tensor. Several: one
/// per index of dimension `axis`.
struct Quantization {
    std::vector<float> scales;
    std::vector<int64_t> zero_points;
    int32_t axis = 0;
};

struct Tensor {
    std::string name;
    TensorType type = TensorType::int8;
    std::vector<int32_t> shape;  ///< channels last; empty: scalar
    Quantization quantization{};
    std::vector<uint8_t> data{};  ///< little-endian constant; empty: computed
    bool is_variable = false;

    bool is_constant() const { return !data.empty(); }
    /// Product of the shape; 1 for a scalar. A Graph that was read or validated has no overflow
    /// here.
    int64_t elements() const;
};

/// What an operator computes; the TFLite format's code, including those this project does not
/// compile.
enum class OperatorCode : int32_t {
    add = 0,
    average_pool_2d = 1,
    concatenation = 2,
    conv_2d = 3,
    depthwise_conv_2d = 4,
    depth_to_space = 5,
    dequantize = 6,
    fully_connected = 9,
    logistic = 14,
    max_pool_2d = 17,
    mul = 18,
    relu = 19,
    relu_n1_to_1 = 20,
    relu6 = 21,
    reshape = 22,
    resize_bilinear = 23,
    softmax = 25,
    space_to_depth = 26,
    svdf = 27,
    tanh = 28,
    custom = 32,
    pad = 34,
    gather = 36,
    transpose = 39,
    mean = 40,
    sub = 41,
    div = 42,
    squeeze = 43,
    unidirectional_sequence_lstm = 44,
    strided_slice = 45,
    exp = 47,
    split = 49,
    prelu = 54,
    maximum = 55,
    arg_max = 56,
    minimum = 57,
    neg = 59,
    padv2 = 60,
    slice = 65,
    transpose_conv = 67,
    expand_dims = 70,
    log = 73,
    sum = 74,
    sqrt = 75,
    rsqrt = 76,
    arg_min = 79,
    reduce_max = 82,
    pack = 83,
    unpack = 88,
    reduce_min = 89,
    square = 92,
    resize_nearest_neighbor = 97,
    leaky_relu = 98,
    squared_difference = 99,
    mirror_pad = 100,
    abs = 101,
    split_v = 102,
    elu = 111,
    quantize = 114,
    hard_swish = 117,
    batch_matmul = 126,
    call_once = 129,
    var_handle = 142,
    read_variable = 143,
    assign_variable = 144,
};

/// The format's own name ("CONV_2D"); "OPERATOR 999" for codes it does not define.
std::string to_string(OperatorCode code);

enum class Activation : uint8_t {
    none = 0,
    relu = 1,
    relu_n1_to_1 = 2,
    relu6 = 3,
    tanh = 4,
    sign_bit = 5
};
enum class Padding : uint8_t { same = 0, valid = 1 };

struct Conv2dOptions {
    Padding padding = Padding::same;
    int32_t stride_width = 1, stride_height = 1;
    int32_t dilation_width = 1, dilation_height = 1;
    Activation activation = Activation::none;
};
struct DepthwiseConv2dOptions {
    Padding padding = Padding::same;
    int32_t stride_width = 1, stride_height = 1;
    int32_t dilation_width = 1, dilation_height = 1;
    int32_t depth_multiplier = 1;
    Activation activation = Activation::none;
};
struct Pool2dOptions {
    Padding padding = Padding::valid;
    int32_t stride_width = 1, stride_height = 1;
    int32_t filter_width = 1, filter_height = 1;
    Activation activation = Activation::none;
};
struct FullyConnectedOptions {
    Activation activation = Activation::none;
    bool keep_dimensions = false;
};
struct AddOptions {
    Activation activation = Activation::none;
};
struct SoftmaxOptions {
    float beta = 1.0F;
};
struct ReshapeOptions {
    std::vector<int32_t> new_shape{};
};
struct ReducerOptions {
    bool keep_dimensions = false;
};
struct ConcatenationOptions {
    int32_t axis = 0;  ///< negative: from the last dimension
    Activation activation = Activation::none;
};
struct MulOptions {
    Activation activation = Activation::none;
};
struct SubOptions {
    Activation activation = Activation::none;
};
struct LeakyReluOptions {
    float alpha = 0.0F;
};
/// Bit n of a mask concerns entry n of the begin and end lists.
struct StridedSliceOptions {
    int32_t begin_mask = 0, end_mask = 0;  ///< as far as the dimension reaches
    int32_t ellipsis_mask = 0, new_axis_mask = 0;
    int32_t shrink_axis_mask = 0;  ///< one index, and the dimension goes
};
struct SplitOptions {
    int32_t parts = 0;
};
struct SplitVOptions {
    int32_t parts = 0;
};
/// Runs a subgraph before the first inference.
struct CallOnceOptions {
    int32_t subgraph = 0;  ///< 1: the first of Graph::others
};
/// The variable that a resource tensor stands for, wherever both names are the same.
struct VarHandleOptions {
    std::string container{}, shared_name{};
};
/// PACK and UNPACK: a dimension of its own for each tensor; negative: from the last.
struct PackOptions {
    int32_t count = 0, axis = 0;
};
struct UnpackOptions {
    int32_t count = 0, axis = 0;
};
struct ResizeOptions {
    bool align_corners = false;       ///< the corner pixels' centres fall on each other
    bool half_pixel_centers = false;  ///< a pixel's centre lies half a pixel from its edge
};
struct ResizeBilinearOptions : ResizeOptions {};
struct ResizeNearestOptions : ResizeOptions {};
struct DepthToSpaceOptions {
    int32_t block_size = 1;
};
struct SpaceToDepthOptions {
    int32_t block_size = 1;
};
struct TransposeConvOptions {
    Padding padding = Padding::same;
    int32_t stride_width = 1, stride_height = 1;
    Activation activation = Activation::none;
};
/// Whether a factor's last two dimensions are exchanged first.
struct BatchMatMulOptions {
    bool transposes_first = false, transposes_second = false;
};
struct SvdfOptions {
    int32_t rank = 1;  ///< filters a unit
    Activation activation = Activation::none;
};
struct LstmOptions {
    Activation activation = Activation::tanh;        ///< of cell gate and cell state
    float cell_clip = 0.0F, projection_clip = 0.0F;  ///< 0: none
    bool time_major = false;  ///< [time, batch, values] instead of [batch, time, values]
};

using Options =
    std::variant<std::monostate, Conv2dOptions, DepthwiseConv2dOptions, Pool2dOptions,
                 FullyConnectedOptions, AddOptions, SoftmaxOptions, ReshapeOptions, ReducerOptions,
                 ConcatenationOptions, MulOptions, SubOptions, LeakyReluOptions,
                 StridedSliceOptions, SplitOptions, SplitVOptions, CallOnceOptions,
                 VarHandleOptions, PackOptions, UnpackOptions, ResizeBilinearOptions,
                 ResizeNearestOptions, DepthToSpaceOptions, SpaceToDepthOptions,
                 TransposeConvOptions, BatchMatMulOptions, SvdfOptions, LstmOptions>;

/// One operator. Inputs are tensor indices in the format's order (conv: data, weights, bias); -1:
/// left out.
///   CONV_2D            weights [out, height, width, in] int8, bias [out] int32
///   DEPTHWISE_CONV_2D  weights [1, height, width, in * multiplier] int8, axis 3, bias int32
///   FULLY_CONNECTED    weights [out, in] int8, bias [out] int32
struct Operator {
    OperatorCode code = OperatorCode::custom;
    std::vector<int32_t> inputs{};
    std::vector<int32_t> outputs{};
    Options options{};
    std::string custom_name{};  ///< for OperatorCode::custom
};

/// One inference graph, operators in execution order.
struct Graph {
    std::string description{};
    std::vector<Tensor> tensors{};
    std::vector<Operator> operators{};
    std::vector<int32_t> inputs{};
    std::vector<int32_t> outputs{};
    std::vector<Graph> others{};  ///< a file's further subgraphs: what CALL_ONCE runs
};

/// Throws std::runtime_error that names the first thing wrong: a tensor index out of range, a shape
/// that is not positive or overflows, constant data of the wrong length, quantization that is not
/// finite and positive, an operator that reads a tensor before it is written, a tensor written
/// twice.
void validate(const Graph& graph);

}  // namespace ganglion::model
