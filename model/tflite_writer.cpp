#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "model/tflite.hpp"
#include "tflite_schema.hpp"

namespace ganglion::model {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Union = std::pair<schema::BuiltinOptions, Offset<void>>;

/// The first version of each operator that takes int8 with per-channel weights; runtimes use it to
/// refuse models that are newer than they are.
int32_t operator_version(OperatorCode code) {
    switch (code) {
        case OperatorCode::conv_2d:
        case OperatorCode::depthwise_conv_2d:
            return 3;
        case OperatorCode::fully_connected:
            return 4;
        case OperatorCode::add:
        case OperatorCode::average_pool_2d:
        case OperatorCode::max_pool_2d:
        case OperatorCode::softmax:
        case OperatorCode::logistic:
        case OperatorCode::mean:
        case OperatorCode::pad:
        case OperatorCode::relu:
        case OperatorCode::relu6:
        case OperatorCode::tanh:
        case OperatorCode::concatenation:
        case OperatorCode::mul:
        case OperatorCode::sub:
        case OperatorCode::maximum:
        case OperatorCode::minimum:
        case OperatorCode::leaky_relu:
        case OperatorCode::strided_slice:
        case OperatorCode::split:
        case OperatorCode::quantize:
            return 2;
        default:
            return 1;
    }
}

schema::Padding to_schema(Padding padding) {
    return static_cast<schema::Padding>(padding);
}
schema::Activation to_schema(Activation activation) {
    return static_cast<schema::Activation>(activation);
}

struct OptionsWriter {
    FlatBufferBuilder& builder;

    Union operator()(std::monostate) const { return {schema::BuiltinOptions::NONE, 0}; }
    Union operator()(const Conv2dOptions& o) const {
        return {schema::BuiltinOptions::Conv2DOptions,
                schema::CreateConv2DOptions(builder, to_schema(o.padding), o.stride_width,
                                            o.stride_height, to_schema(o.activation),
                                            o.dilation_width, o.dilation_height)
                    .Union()};
    }
    Union operator()(const DepthwiseConv2dOptions& o) const {
        return {schema::BuiltinOptions::DepthwiseConv2DOptions,
                schema::CreateDepthwiseConv2DOptions(builder, to_schema(o.padding), o.stride_width,
                                                     o.stride_height, o.depth_multiplier,
                                                     to_schema(o.activation), o.dilation_width,
                                                     o.dilation_height)
                    .Union()};
    }
    Union operator()(const Pool2dOptions& o) const {
        return {schema::BuiltinOptions::Pool2DOptions,
                schema::CreatePool2DOptions(builder, to_schema(o.padding), o.stride_width,
                                            o.stride_height, o.filter_width, o.filter_height,
                                            to_schema(o.activation))
                    .Union()};
    }
    Union operator()(const FullyConnectedOptions& o) const {
        return {schema::BuiltinOptions::FullyConnectedOptions,
                schema::CreateFullyConnectedOptions(builder, to_schema(o.activation), 0,
                                                    o.keep_dimensions)
                    .Union()};
    }
    Union operator()(const AddOptions& o) const {
        return {schema::BuiltinOptions::AddOptions,
                schema::CreateAddOptions(builder, to_schema(o.activation)).Union()};
    }
    Union operator()(const SoftmaxOptions& o) const {
        return {schema::BuiltinOptions::SoftmaxOptions,
                schema::CreateSoftmaxOptions(builder, o.beta).Union()};
    }
    Union operator()(const ReshapeOptions& o) const {
        return {schema::BuiltinOptions::ReshapeOptions,
                schema::CreateReshapeOptions(builder, builder.CreateVector(o.new_shape)).Union()};
    }
    Union operator()(const ReducerOptions& o) const {
        return {schema::BuiltinOptions::ReducerOptions,
                schema::CreateReducerOptions(builder, o.keep_dimensions).Union()};
    }
    Union operator()(const ConcatenationOptions& o) const {
        return {
            schema::BuiltinOptions::ConcatenationOptions,
            schema::CreateConcatenationOptions(builder, o.axis, to_schema(o.activation)).Union()};
    }
    Union operator()(const MulOptions& o) const {
        return {schema::BuiltinOptions::MulOptions,
                schema::CreateMulOptions(builder, to_schema(o.activation)).Union()};
    }
    Union operator()(const SubOptions& o) const {
        return {schema::BuiltinOptions::SubOptions,
                schema::CreateSubOptions(builder, to_schema(o.activation)).Union()};
    }
    Union operator()(const LeakyReluOptions& o) const {
        return {schema::BuiltinOptions::LeakyReluOptions,
                schema::CreateLeakyReluOptions(builder, o.alpha).Union()};
    }
    Union operator()(const StridedSliceOptions& o) const {
        return {
            schema::BuiltinOptions::StridedSliceOptions,
            schema::CreateStridedSliceOptions(builder, o.begin_mask, o.end_mask, o.ellipsis_mask,
                                              o.new_axis_mask, o.shrink_axis_mask)
                .Union()};
    }
    Union operator()(const SplitOptions& o) const {
        return {schema::BuiltinOptions::SplitOptions,
                schema::CreateSplitOptions(builder, o.parts).Union()};
    }
    Union operator()(const SplitVOptions& o) const {
        return {schema::BuiltinOptions::SplitVOptions,
                schema::CreateSplitVOptions(builder, o.parts).Union()};
    }
    Union operator()(const CallOnceOptions& o) const {
        return {schema::BuiltinOptions::CallOnceOptions,
                schema::CreateCallOnceOptions(builder, o.subgraph).Union()};
    }
    Union operator()(const VarHandleOptions& o) const {
        const auto container = builder.CreateString(o.container);
        const auto shared_name = builder.CreateString(o.shared_name);
        return {schema::BuiltinOptions::VarHandleOptions,
                schema::CreateVarHandleOptions(builder, container, shared_name).Union()};
    }
    Union operator()(const PackOptions& o) const {
        return {schema::BuiltinOptions::PackOptions,
                schema::CreatePackOptions(builder, o.count, o.axis).Union()};
    }
    Union operator()(const UnpackOptions& o) const {
        return {schema::BuiltinOptions::UnpackOptions,
                schema::CreateUnpackOptions(builder, o.count, o.axis).Union()};
    }
    Union operator()(const ResizeBilinearOptions& o) const {
        return {schema::BuiltinOptions::ResizeBilinearOptions,
                schema::CreateResizeBilinearOptions(builder, o.align_corners, o.half_pixel_centers)
                    .Union()};
    }
    Union operator()(const ResizeNearestOptions& o) const {
        return {schema::BuiltinOptions::ResizeNearestNeighborOptions,
                schema::CreateResizeNearestNeighborOptions(builder, o.align_corners,
                                                           o.half_pixel_centers)
                    .Union()};
    }
    Union operator()(const DepthToSpaceOptions& o) const {
        return {schema::BuiltinOptions::DepthToSpaceOptions,
                schema::CreateDepthToSpaceOptions(builder, o.block_size).Union()};
    }
    Union operator()(const SpaceToDepthOptions& o) const {
        return {schema::BuiltinOptions::SpaceToDepthOptions,
                schema::CreateSpaceToDepthOptions(builder, o.block_size).Union()};
    }
    Union operator()(const TransposeConvOptions& o) const {
        return {schema::BuiltinOptions::TransposeConvOptions,
                schema::CreateTransposeConvOptions(builder, to_schema(o.padding), o.stride_width,
                                                   o.stride_height, to_schema(o.activation))
                    .Union()};
    }
    Union operator()(const BatchMatMulOptions& o) const {
        return {schema::BuiltinOptions::BatchMatMulOptions,
                schema::CreateBatchMatMulOptions(builder, o.transposes_first, o.transposes_second)
                    .Union()};
    }
    Union operator()(const SvdfOptions& o) const {
        return {schema::BuiltinOptions::SVDFOptions,
                schema::CreateSVDFOptions(builder, o.rank, to_schema(o.activation)).Union()};
    }
    Union operator()(const LstmOptions& o) const {
        return {schema::BuiltinOptions::UnidirectionalSequenceLSTMOptions,
                schema::CreateUnidirectionalSequenceLSTMOptions(
                    builder, to_schema(o.activation), o.cell_clip, o.projection_clip, o.time_major)
                    .Union()};
    }
};

Offset<schema::Tensor> write_tensor(FlatBufferBuilder& builder, const Tensor& tensor,
                                    uint32_t buffer) {
    Offset<schema::QuantizationParameters> quantization;
    const Quantization& q = tensor.quantization;
    if (!q.scales.empty()) {
        const std::vector<int64_t> zeros(q.scales.size(), 0);
        const auto scales = builder.CreateVector(q.scales);
        const auto zero_points =
            builder.CreateVector(q.zero_points.empty() ? zeros : q.zero_points);
        quantization = schema::CreateQuantizationParameters(
            builder, 0, 0, scales, zero_points, schema::QuantizationDetails::NONE, 0, q.axis);
    }
    const auto shape = builder.CreateVector(tensor.shape);
    const auto name = builder.CreateString(tensor.name);
    return schema::CreateTensor(builder, shape, static_cast<schema::TensorType>(tensor.type),
                                buffer, name, quantization, tensor.is_variable);
}

Offset<schema::OperatorCode> write_code(FlatBufferBuilder& builder, OperatorCode code,
                                        const std::string& custom) {
    // Codes beyond 127 do not fit the old field, which then holds 127 and the new one counts.
    const auto old_code = static_cast<int8_t>(std::min<int32_t>(static_cast<int32_t>(code), 127));
    Offset<flatbuffers::String> name;
    if (!custom.empty()) name = builder.CreateString(custom);
    return schema::CreateOperatorCode(builder, old_code, name, operator_version(code),
                                      static_cast<schema::BuiltinOperator>(code));
}

/// What all subgraphs of a file share.
class FileWriter {
  public:
    std::vector<uint8_t> write(const Graph& graph) {
        std::vector<Offset<schema::SubGraph>> subgraphs{subgraph(graph, "main")};
        for (const Graph& other : graph.others) {
            const std::string name = "subgraph_" + std::to_string(subgraphs.size());
            subgraphs.push_back(subgraph(other, name));
        }
        const auto model = schema::CreateModel(
            builder_, 3, builder_.CreateVector(codes_), builder_.CreateVector(subgraphs),
            builder_.CreateString(graph.description), builder_.CreateVector(buffers_));
        schema::FinishModelBuffer(builder_, model);
        return {builder_.GetBufferPointer(), builder_.GetBufferPointer() + builder_.GetSize()};
    }

  private:
    Offset<schema::SubGraph> subgraph(const Graph& graph, const std::string& name) {
        std::vector<Offset<schema::Tensor>> tensors;
        for (const Tensor& tensor : graph.tensors) {
            uint32_t buffer = 0;
            if (tensor.is_constant()) {
                buffer = static_cast<uint32_t>(buffers_.size());
                builder_.ForceVectorAlignment(tensor.data.size(), 1, 16);
                buffers_.push_back(
                    schema::CreateBuffer(builder_, builder_.CreateVector(tensor.data)));
            }
            tensors.push_back(write_tensor(builder_, tensor, buffer));
        }
        std::vector<Offset<schema::Operator>> operators;
        for (const Operator& op : graph.operators) operators.push_back(write_operator(op));
        const auto text = builder_.CreateString(name);
        return schema::CreateSubGraph(
            builder_, builder_.CreateVector(tensors), builder_.CreateVector(graph.inputs),
            builder_.CreateVector(graph.outputs), builder_.CreateVector(operators), text);
    }

    Offset<schema::Operator> write_operator(const Operator& op) {
        const auto [entry, is_new] = code_index_.try_emplace({op.code, op.custom_name},
                                                             static_cast<uint32_t>(codes_.size()));
        if (is_new) codes_.push_back(write_code(builder_, op.code, op.custom_name));
        const auto [type, options] = std::visit(OptionsWriter{builder_}, op.options);
        const auto inputs = builder_.CreateVector(op.inputs);
        const auto outputs = builder_.CreateVector(op.outputs);
        return schema::CreateOperator(builder_, entry->second, inputs, outputs, type, options);
    }

    FlatBufferBuilder builder_;
    // Buffer 0 is always empty.
    std::vector<Offset<schema::Buffer>> buffers_{schema::CreateBuffer(builder_)};
    std::map<std::pair<OperatorCode, std::string>, uint32_t> code_index_;
    std::vector<Offset<schema::OperatorCode>> codes_;
};

}  // namespace

std::vector<uint8_t> write_tflite(const Graph& graph) {
    validate(graph);
    return FileWriter().write(graph);
}

}  // namespace ganglion::model
