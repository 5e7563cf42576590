#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "model/tflite.hpp"
#include "tflite_schema.hpp"

namespace ganglion::model {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

/// Large enough for every model that fits a microcontroller, small enough to read in a moment.
constexpr uint32_t kMostTensors = 20000;

/// A hostile file may hold numbers at any address, so they are copied bytewise.
template <typename Value>
std::vector<Value> copy(const flatbuffers::Vector<Value>* from) {
    std::vector<Value> result(from == nullptr ? 0 : from->size());
    if (!result.empty()) std::memcpy(result.data(), from->Data(), result.size() * sizeof(Value));
    return result;
}

Padding read_padding(schema::Padding padding, const std::string& where) {
    if (padding != schema::Padding::SAME && padding != schema::Padding::VALID)
        fail(where + ": unknown padding");
    return static_cast<Padding>(padding);
}

Activation read_activation(schema::Activation activation, const std::string& where) {
    if (activation < schema::Activation::MIN || activation > schema::Activation::MAX) {
        fail(where + ": unknown fused activation " + std::to_string(static_cast<int>(activation)));
    }
    return static_cast<Activation>(activation);
}

std::string text(const flatbuffers::String* from) {
    return from == nullptr ? std::string() : from->str();
}

Options read_image_options(const schema::Operator& op, const std::string& where) {
    if (const auto* o = op.builtin_options_as_ResizeBilinearOptions())
        return ResizeBilinearOptions{{o->align_corners(), o->half_pixel_centers()}};
    if (const auto* o = op.builtin_options_as_ResizeNearestNeighborOptions())
        return ResizeNearestOptions{{o->align_corners(), o->half_pixel_centers()}};
    if (const auto* o = op.builtin_options_as_DepthToSpaceOptions())
        return DepthToSpaceOptions{o->block_size()};
    if (const auto* o = op.builtin_options_as_SpaceToDepthOptions())
        return SpaceToDepthOptions{o->block_size()};
    if (const auto* o = op.builtin_options_as_TransposeConvOptions()) {
        return TransposeConvOptions{read_padding(o->padding(), where), o->stride_w(), o->stride_h(),
                                    read_activation(o->fused_activation_function(), where)};
    }
    return std::monostate{};
}

Options read_sequence_options(const schema::Operator& op, const std::string& where) {
    if (const auto* o = op.builtin_options_as_PackOptions())
        return PackOptions{o->values_count(), o->axis()};
    if (const auto* o = op.builtin_options_as_UnpackOptions())
        return UnpackOptions{o->num(), o->axis()};
    if (const auto* o = op.builtin_options_as_BatchMatMulOptions())
        return BatchMatMulOptions{o->adj_x(), o->adj_y()};
    if (const auto* o = op.builtin_options_as_SVDFOptions())
        return SvdfOptions{o->rank(), read_activation(o->fused_activation_function(), where)};
    if (const auto* o = op.builtin_options_as_UnidirectionalSequenceLSTMOptions()) {
        return LstmOptions{read_activation(o->fused_activation_function(), where), o->cell_clip(),
                           o->proj_clip(), o->time_major()};
    }
    return read_image_options(op, where);
}

Options read_more_options(const schema::Operator& op, const std::string& where) {
    if (const auto* o = op.builtin_options_as_ConcatenationOptions()) {
        return ConcatenationOptions{o->axis(),
                                    read_activation(o->fused_activation_function(), where)};
    }
    if (const auto* o = op.builtin_options_as_MulOptions())
        return MulOptions{read_activation(o->fused_activation_function(), where)};
    if (const auto* o = op.builtin_options_as_SubOptions())
        return SubOptions{read_activation(o->fused_activation_function(), where)};
    if (const auto* o = op.builtin_options_as_LeakyReluOptions())
        return LeakyReluOptions{o->alpha()};
    if (const auto* o = op.builtin_options_as_StridedSliceOptions()) {
        return StridedSliceOptions{o->begin_mask(), o->end_mask(), o->ellipsis_mask(),
                                   o->new_axis_mask(), o->shrink_axis_mask()};
    }
    if (const auto* o = op.builtin_options_as_SplitOptions()) return SplitOptions{o->num_splits()};
    if (const auto* o = op.builtin_options_as_SplitVOptions())
        return SplitVOptions{o->num_splits()};
    if (const auto* o = op.builtin_options_as_CallOnceOptions())
        return CallOnceOptions{o->init_subgraph_index()};
    if (const auto* o = op.builtin_options_as_VarHandleOptions())
        return VarHandleOptions{text(o->container()), text(o->shared_name())};
    return read_sequence_options(op, where);
}

Options read_options(const schema::Operator& op, const std::string& where) {
    if (const auto* o = op.builtin_options_as_Conv2DOptions()) {
        return Conv2dOptions{read_padding(o->padding(), where),
                             o->stride_w(),
                             o->stride_h(),
                             o->dilation_w_factor(),
                             o->dilation_h_factor(),
                             read_activation(o->fused_activation_function(), where)};
    }
    if (const auto* o = op.builtin_options_as_DepthwiseConv2DOptions()) {
        return DepthwiseConv2dOptions{read_padding(o->padding(), where),
                                      o->stride_w(),
                                      o->stride_h(),
                                      o->dilation_w_factor(),
                                      o->dilation_h_factor(),
                                      o->depth_multiplier(),
                                      read_activation(o->fused_activation_function(), where)};
    }
    if (const auto* o = op.builtin_options_as_Pool2DOptions()) {
        return Pool2dOptions{read_padding(o->padding(), where),
                             o->stride_w(),
                             o->stride_h(),
                             o->filter_width(),
                             o->filter_height(),
                             read_activation(o->fused_activation_function(), where)};
    }
    if (const auto* o = op.builtin_options_as_FullyConnectedOptions()) {
        if (o->weights_format() != 0)
            fail(where + ": shuffled weights are not supported; export plain int8 weights");
        return FullyConnectedOptions{read_activation(o->fused_activation_function(), where),
                                     o->keep_num_dims()};
    }
    if (const auto* o = op.builtin_options_as_AddOptions()) {
        return AddOptions{read_activation(o->fused_activation_function(), where)};
    }
    if (const auto* o = op.builtin_options_as_SoftmaxOptions()) return SoftmaxOptions{o->beta()};
    if (const auto* o = op.builtin_options_as_ReshapeOptions()) {
        return ReshapeOptions{copy(o->new_shape())};
    }
    if (const auto* o = op.builtin_options_as_ReducerOptions())
        return ReducerOptions{o->keep_dims()};
    return read_more_options(op, where);
}

Tensor read_tensor(const schema::Model& model, const schema::Tensor* from, size_t index) {
    const std::string where = "tensor " + std::to_string(index);
    if (from == nullptr) fail(where + " is missing");
    Tensor tensor;
    if (from->name() != nullptr) tensor.name = from->name()->str();
    if (from->type() < schema::TensorType::MIN || from->type() > schema::TensorType::MAX) {
        fail(where + " ('" + tensor.name + "'): unknown type " +
             std::to_string(static_cast<int>(from->type())));
    }
    tensor.type = static_cast<TensorType>(from->type());
    tensor.shape = copy(from->shape());
    tensor.is_variable = from->is_variable();
    if (from->sparsity() != nullptr) {
        fail(where + " ('" + tensor.name + "') is stored sparse; export it dense");
    }
    if (const auto* quantization = from->quantization()) {
        tensor.quantization.scales = copy(quantization->scale());
        tensor.quantization.zero_points = copy(quantization->zero_point());
        tensor.quantization.axis = quantization->quantized_dimension();
    }
    const auto* buffers = model.buffers();
    if (buffers == nullptr || from->buffer() >= buffers->size() ||
        buffers->Get(from->buffer()) == nullptr) {
        fail(where + " ('" + tensor.name + "') refers to buffer " + std::to_string(from->buffer()) +
             ", which does not exist");
    }
    tensor.data = copy(buffers->Get(from->buffer())->data());
    return tensor;
}

Operator read_operator(const schema::Model& model, const schema::Operator* from, size_t index) {
    const std::string where = "operator " + std::to_string(index);
    if (from == nullptr) fail(where + " is missing");
    const auto* codes = model.operator_codes();
    if (codes == nullptr || from->opcode_index() >= codes->size() ||
        codes->Get(from->opcode_index()) == nullptr) {
        fail(where + " refers to operator code " + std::to_string(from->opcode_index()) +
             ", which does not exist");
    }
    const auto* code = codes->Get(from->opcode_index());
    Operator op;
    // Files before the new field hold the code in the old one.
    op.code =
        static_cast<OperatorCode>(std::max(static_cast<int32_t>(code->deprecated_builtin_code()),
                                           static_cast<int32_t>(code->builtin_code())));
    if (code->custom_code() != nullptr) op.custom_name = code->custom_code()->str();
    op.inputs = copy(from->inputs());
    op.outputs = copy(from->outputs());
    op.options = read_options(*from, where + " (" + to_string(op.code) + ")");
    return op;
}

/// Tensors that no operator and no border refers to, such as what the converter measured inside an
/// LSTM, need not have a shape: of them only the names stay.
void forget_unused_tensors(Graph& graph) {
    std::vector<bool> used(graph.tensors.size());
    const auto use = [&](const std::vector<int32_t>& numbers) {
        for (int32_t number : numbers) {
            if (number >= 0 && static_cast<size_t>(number) < used.size()) used[number] = true;
        }
    };
    use(graph.inputs);
    use(graph.outputs);
    for (const Operator& op : graph.operators) {
        use(op.inputs);
        use(op.outputs);
    }
    for (size_t i = 0; i < used.size(); ++i) {
        if (used[i]) continue;
        Tensor empty;
        empty.name = std::move(graph.tensors[i].name);
        graph.tensors[i] = std::move(empty);
    }
}

/// `may_copy`: bytes of constants that the file's graphs may still hold.
Graph read_subgraph(const schema::Model& model, const schema::SubGraph& from, size_t& may_copy) {
    Graph graph;
    graph.inputs = copy(from.inputs());
    graph.outputs = copy(from.outputs());
    if (from.tensors() != nullptr) {
        if (from.tensors()->size() > kMostTensors)
            fail("more than " + std::to_string(kMostTensors) + " tensors");
        for (size_t i = 0; i < from.tensors()->size(); ++i) {
            graph.tensors.push_back(read_tensor(model, from.tensors()->Get(i), i));
            const size_t copied = graph.tensors.back().data.size();
            if (copied > may_copy)
                fail("tensors share buffers to more than four times the file's size");
            may_copy -= copied;
        }
    }
    if (from.operators() != nullptr) {
        for (size_t i = 0; i < from.operators()->size(); ++i) {
            graph.operators.push_back(read_operator(model, from.operators()->Get(i), i));
        }
    }
    forget_unused_tensors(graph);
    return graph;
}

}  // namespace

Graph read_tflite(std::span<const uint8_t> bytes) {
    if (bytes.size() < 8 || !schema::ModelBufferHasIdentifier(bytes.data())) {
        fail("not a .tflite file (no TFL3 mark); is it another format or an unfinished download?");
    }
    flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 32, 1000000);
    if (!schema::VerifyModelBuffer(verifier)) {
        fail("damaged or truncated .tflite file (" + std::to_string(bytes.size()) + " bytes)");
    }
    const schema::Model& model = *schema::GetModel(bytes.data());
    if (model.version() != 3)
        fail("schema version " + std::to_string(model.version()) + "; only 3 is known");
    if (model.subgraphs() == nullptr || model.subgraphs()->size() == 0 ||
        model.subgraphs()->Get(0) == nullptr) {
        fail("the file holds no graph");
    }
    // Tensors may share a buffer, also in a hostile file: bound what the copies add up to.
    size_t may_copy = 4 * bytes.size();
    Graph graph = read_subgraph(model, *model.subgraphs()->Get(0), may_copy);
    if (model.description() != nullptr) graph.description = model.description()->str();
    for (size_t i = 1; i < model.subgraphs()->size(); ++i) {
        if (model.subgraphs()->Get(i) == nullptr)
            fail("subgraph " + std::to_string(i) + " is missing");
        graph.others.push_back(read_subgraph(model, *model.subgraphs()->Get(i), may_copy));
    }
    validate(graph);
    return graph;
}

Graph read_tflite_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(path.string() + ": cannot open");
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file),
                                     std::istreambuf_iterator<char>()};
    try {
        return read_tflite(bytes);
    } catch (const std::runtime_error& error) {
        fail(path.string() + ": " + error.what());
    }
}

}  // namespace ganglion::model
