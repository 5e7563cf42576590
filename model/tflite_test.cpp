#include "model/tflite.hpp"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "tests/shared.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::model {
namespace {

Tensor weights(const std::string& name, std::vector<int32_t> shape, int32_t axis) {
    Tensor tensor{.name = name, .shape = std::move(shape)};
    tensor.quantization.axis = axis;
    tensor.quantization.scales.assign(static_cast<size_t>(tensor.shape[axis]), 0.01F);
    tensor.quantization.zero_points.assign(tensor.quantization.scales.size(), 0);
    tensor.data.resize(static_cast<size_t>(tensor.elements()), 3);
    return tensor;
}

Tensor bias(const std::string& name, int32_t channels) {
    return {.name = name,
            .type = TensorType::int32,
            .shape = {channels},
            .data = std::vector<uint8_t>(static_cast<size_t>(channels) * 4, 1)};
}

Tensor activation(const std::string& name, std::vector<int32_t> shape) {
    return {.name = name, .shape = std::move(shape), .quantization = {{0.1F}, {-5}}};
}

/// One operator of each kind that training writes.
Graph every_kind() {
    Graph graph;
    graph.description = "every kind";
    graph.tensors = {
        activation("input", {1, 8, 8, 1}),
        weights("conv weights", {4, 3, 3, 1}, 0),
        bias("conv bias", 4),
        activation("conv", {1, 8, 8, 4}),
        weights("depthwise weights", {1, 3, 3, 4}, 3),
        bias("depthwise bias", 4),
        activation("depthwise", {1, 8, 8, 4}),
        activation("sum", {1, 8, 8, 4}),
        activation("average", {1, 4, 4, 4}),
        activation("maximum", {1, 2, 2, 4}),
        activation("flat", {1, 16}),
        {.name = "dense weights",
         .shape = {2, 16},
         .quantization = {{0.02F}, {0}},
         .data = std::vector<uint8_t>(32, 7)},
        bias("dense bias", 2),
        activation("dense", {1, 2}),
        activation("probabilities", {1, 2}),
        activation("logistic", {1, 2}),
    };
    graph.operators = {
        {OperatorCode::conv_2d, {0, 1, 2}, {3}, Conv2dOptions{.activation = Activation::relu}},
        {OperatorCode::depthwise_conv_2d,
         {3, 4, 5},
         {6},
         DepthwiseConv2dOptions{.activation = Activation::relu6}},
        {OperatorCode::add, {3, 6}, {7}, AddOptions{Activation::relu}},
        {OperatorCode::average_pool_2d,
         {7},
         {8},
         Pool2dOptions{Padding::valid, 2, 2, 2, 2, Activation::none}},
        {OperatorCode::max_pool_2d,
         {8},
         {9},
         Pool2dOptions{Padding::same, 2, 2, 2, 2, Activation::none}},
        {OperatorCode::reshape, {9}, {10}, ReshapeOptions{{1, 16}}},
        {OperatorCode::fully_connected, {10, 11, 12}, {13}, FullyConnectedOptions{}},
        {OperatorCode::softmax, {13}, {14}, SoftmaxOptions{1.0F}},
        {OperatorCode::logistic, {14}, {15}, {}},
    };
    graph.inputs = {0};
    graph.outputs = {15};
    return graph;
}

TEST(Tflite, WritesWhatItReads) {
    const Graph graph = every_kind();
    const std::vector<uint8_t> bytes = write_tflite(graph);
    const Graph again = read_tflite(bytes);
    EXPECT_EQ(again.description, graph.description);
    EXPECT_EQ(again.inputs, graph.inputs);
    EXPECT_EQ(again.outputs, graph.outputs);
    ASSERT_EQ(again.tensors.size(), graph.tensors.size());
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
        EXPECT_EQ(again.tensors[i].name, graph.tensors[i].name);
        EXPECT_EQ(again.tensors[i].type, graph.tensors[i].type);
        EXPECT_EQ(again.tensors[i].shape, graph.tensors[i].shape);
        EXPECT_EQ(again.tensors[i].data, graph.tensors[i].data);
        EXPECT_EQ(again.tensors[i].quantization.scales, graph.tensors[i].quantization.scales);
        EXPECT_EQ(again.tensors[i].quantization.axis, graph.tensors[i].quantization.axis);
    }
    ASSERT_EQ(again.operators.size(), graph.operators.size());
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        EXPECT_EQ(again.operators[i].code, graph.operators[i].code);
        EXPECT_EQ(again.operators[i].inputs, graph.operators[i].inputs);
        EXPECT_EQ(again.operators[i].outputs, graph.operators[i].outputs);
        EXPECT_EQ(again.operators[i].options.index(), graph.operators[i].options.index());
    }
    const auto& pool = std::get<Pool2dOptions>(again.operators[4].options);
    EXPECT_EQ(pool.padding, Padding::same);
    EXPECT_EQ(pool.filter_height, 2);
    EXPECT_EQ(write_tflite(again), bytes) << "equal graphs give equal bytes";
}

TEST(Tflite, ReadsEveryReferenceModel) {
    GANGLION_NEEDS_SHARED("models");
    size_t models = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(tests::shared_dir() / "models")) {
        if (entry.path().extension() != ".tflite") continue;
        ++models;
        SCOPED_TRACE(entry.path().string());
        const Graph graph = read_tflite_file(entry.path());
        EXPECT_FALSE(graph.operators.empty());
        const Graph again = read_tflite(write_tflite(graph));
        EXPECT_EQ(again.tensors.size(), graph.tensors.size());
    }
    EXPECT_GE(models, 12U);
}

TEST(Tflite, RefusesForeignBytesWithOneClearLine) {
    for (const std::string text : {"", "RIFF", "this is a text file and not a model at all"}) {
        const std::vector<uint8_t> bytes(text.begin(), text.end());
        try {
            (void)read_tflite(bytes);
            FAIL() << "accepted '" << text << "'";
        } catch (const std::runtime_error& error) {
            const std::string message = error.what();
            EXPECT_NE(message.find("not a .tflite file"), std::string::npos) << message;
            EXPECT_EQ(message.find('\n'), std::string::npos);
        }
    }
    EXPECT_THROW((void)read_tflite_file("/nowhere/model.tflite"), std::runtime_error);
}

TEST(Tflite, RefusesEveryTruncation) {
    const std::vector<uint8_t> bytes = write_tflite(every_kind());
    for (size_t length = 0; length < bytes.size(); ++length) {
        const std::vector<uint8_t> part(bytes.begin(),
                                        bytes.begin() + static_cast<ptrdiff_t>(length));
        EXPECT_EQ(LLVMFuzzerTestOneInput(part.data(), part.size()), 0);
    }
    const std::vector<uint8_t> half(bytes.begin(),
                                    bytes.begin() + static_cast<ptrdiff_t>(bytes.size() / 2));
    EXPECT_THROW((void)read_tflite(half), std::runtime_error);
}

TEST(Tflite, SurvivesMutations) {
    const std::vector<uint8_t> bytes = write_tflite(every_kind());
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        std::vector<uint8_t> mutated = bytes;
        for (uint32_t n = 1 + random() % 4; n > 0; --n) {
            const size_t at = random() % mutated.size();
            switch (random() % 3) {
                case 0:
                    mutated[at] ^= static_cast<uint8_t>(1U << (random() % 8));
                    break;
                case 1:
                    mutated[at] = static_cast<uint8_t>(random());
                    break;
                default:
                    mutated[at] = random() % 2 ? 0xFF : 0x00;
            }
        }
        (void)LLVMFuzzerTestOneInput(mutated.data(), mutated.size());
    }
}

}  // namespace
}  // namespace ganglion::model
