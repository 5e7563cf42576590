#include "train/evaluate/post_training.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "compile/testing/golden.hpp"
#include "model/tflite.hpp"
#include "tests/shared.hpp"
#include "train/quantize/float_folding.hpp"
#include "train/quantize/quantized_graph.hpp"
#include "train/recordings/number_file.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

using model::OperatorCode;
using model::Tensor;
using model::TensorType;

/// An int8 model as the float one that it came from, but for the rounding of its weights.
model::Graph in_floating_point(model::Graph graph) {
    for (Tensor& tensor : graph.tensors) {
        const bool holds_numbers =
            tensor.type == TensorType::int8 ||
            (tensor.type == TensorType::int32 && !tensor.quantization.scales.empty());
        if (!holds_numbers) continue;
        if (tensor.is_constant()) {
            const auto values = real_values(tensor);
            tensor.data.resize(values.size() * sizeof(float));
            std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
        }
        tensor.type = TensorType::float32;
        tensor.quantization = {};
    }
    return graph;
}

std::vector<float> reals(const std::vector<int8_t>& steps, const Tensor& input) {
    std::vector<float> values;
    for (const int8_t step : steps) {
        values.push_back(input.quantization.scales[0] *
                         static_cast<float>(step - input.quantization.zero_points[0]));
    }
    return values;
}

std::filesystem::path shared(const char* file) {
    return tests::shared_dir() / file;
}

/// The reference's own inputs in real numbers.
std::vector<float> golden_inputs(const std::string& model) {
    const auto graph = model::read_tflite_file(tests::shared_dir() / model);
    return reals(compile::read_golden(model).inputs,
                 graph.tensors[static_cast<size_t>(graph.inputs[0])]);
}

/// Even inputs calibrate, odd ones judge.
struct Halves {
    std::vector<float> even, odd;
    std::vector<uint32_t> odd_labels;
};

Halves halves(const std::vector<float>& all, size_t size, const std::vector<uint32_t>& labels) {
    Halves result;
    for (size_t n = 0; n < all.size() / size; ++n) {
        auto& to = n % 2 == 0 ? result.even : result.odd;
        const auto from = all.begin() + static_cast<ptrdiff_t>(n * size);
        to.insert(to.end(), from, from + static_cast<ptrdiff_t>(size));
        if (n % 2 == 1 && !labels.empty()) result.odd_labels.push_back(labels[n]);
    }
    return result;
}

QuantizationLoss requantized(const model::Graph& graph, const std::vector<float>& all,
                             const std::vector<uint32_t>& labels) {
    FloatGraph exact(folded(graph));
    const auto parts = halves(all, exact.input_values(), labels);
    const auto made = quantize_after_training(exact.graph(), parts.even);
    return quantization_loss(exact, made.graph, parts.odd, parts.odd_labels);
}

TEST(PostTraining, KeywordsFromFloatKeepTheirAccuracyOnRealSpeech) {
    GANGLION_NEEDS_SHARED("golden/kws01.labels.csv");
    const std::string name = "models/mlperf_tiny/kws_dscnn_int8.tflite";
    const auto graph = in_floating_point(model::read_tflite_file(tests::shared_dir() / name));
    const auto labels = read_class_numbers(shared("golden/kws01.labels.csv"));
    ASSERT_EQ(labels.size(), 500U);
    const auto loss = requantized(graph, golden_inputs(name), labels);
    EXPECT_EQ(loss.labelled, 250U);
    EXPECT_GT(loss.float_right, 215U);
    EXPECT_LE(loss.points_lost(), 1.0);
    EXPECT_GE(loss.same_class, 244U);
    RecordProperty("points_lost", std::to_string(loss.points_lost()));
}

TEST(PostTraining, ReferenceModelsFromFloatFollowTheirFloatForm) {
    GANGLION_NEEDS_SHARED("models/mlperf_tiny");
    for (const char* name : {"models/mlperf_tiny/ad_autoencoder_int8.tflite",
                             "models/mlperf_tiny/ic_resnet8_int8.tflite",
                             "models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite",
                             "models/tflm/person_detect_int8.tflite"}) {
        auto inputs = golden_inputs(name);
        const auto graph = in_floating_point(model::read_tflite_file(tests::shared_dir() / name));
        const auto& input = graph.tensors[static_cast<size_t>(graph.inputs[0])];
        inputs.resize(8 * static_cast<size_t>(input.elements()));
        EXPECT_GT(requantized(graph, inputs, {}).signal_to_noise_db, 20) << name;
    }
}

/// Float models of others, not in the reference material: $GANGLION_FLOAT_MODELS is the folder of
/// mlcommons/tiny's trained_models, flat.
TEST(PostTraining, TrainedFloatModelOfOthersKeepsItsAccuracy) {
    const char* folder = std::getenv("GANGLION_FLOAT_MODELS");
    if (folder == nullptr)
        GTEST_SKIP() << "SKIPPED: needs $GANGLION_FLOAT_MODELS with kws_ref_model_float32.tflite";
    GANGLION_NEEDS_SHARED("golden/kws01.labels.csv");
    const auto graph =
        model::read_tflite_file(std::filesystem::path(folder) / "kws_ref_model_float32.tflite");
    const auto labels = read_class_numbers(shared("golden/kws01.labels.csv"));
    const auto loss =
        requantized(graph, golden_inputs("models/mlperf_tiny/kws_dscnn_int8.tflite"), labels);
    EXPECT_LE(loss.points_lost(), 1.0);
    EXPECT_GT(loss.float_right, 215U);
}

Tensor constant(const std::string& name, std::vector<int32_t> shape,
                const std::vector<float>& values) {
    Tensor tensor{name, TensorType::float32, std::move(shape)};
    tensor.data.resize(values.size() * sizeof(float));
    std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
    return tensor;
}

std::vector<float> draw(size_t count, double size, Random& random) {
    std::vector<float> values;
    for (size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(size * random.normal()));
    return values;
}

/// A convolution, batch norm as MUL and ADD, RELU, a second convolution beside it in a skip, a
/// concatenation of both, mean, dense, softmax.
model::Graph branched(Random& random) {
    model::Graph graph;
    graph.tensors = {{"input", TensorType::float32, {1, 6, 6, 3}},
                     constant("w0", {8, 3, 3, 3}, draw(216, 0.3, random)),
                     {"conv", TensorType::float32, {1, 6, 6, 8}},
                     constant("gamma", {8}, draw(8, 1, random)),
                     {"scaled", TensorType::float32, {1, 6, 6, 8}},
                     constant("beta", {1, 1, 1, 8}, draw(8, 0.3, random)),
                     {"normed", TensorType::float32, {1, 6, 6, 8}},
                     {"active", TensorType::float32, {1, 6, 6, 8}},
                     constant("w1", {1, 3, 3, 8}, draw(72, 0.3, random)),
                     constant("b1", {8}, draw(8, 0.1, random)),
                     {"depthwise", TensorType::float32, {1, 6, 6, 8}},
                     {"sum", TensorType::float32, {1, 6, 6, 8}},
                     {"joined", TensorType::float32, {1, 6, 6, 16}},
                     constant("unused", {1}, {0}),
                     {"mean", TensorType::float32, {1, 16}},
                     constant("w2", {4, 16}, draw(64, 0.7, random)),
                     {"logits", TensorType::float32, {1, 4}},
                     {"out", TensorType::float32, {1, 4}}};
    Tensor axes{"axes", TensorType::int32, {2}};
    const std::array<int32_t, 2> both{1, 2};
    axes.data.resize(sizeof both);
    std::memcpy(axes.data.data(), both.data(), sizeof both);
    graph.tensors.push_back(axes);
    graph.inputs = {0};
    graph.outputs = {17};
    graph.operators = {
        {OperatorCode::conv_2d, {0, 1, -1}, {2}, model::Conv2dOptions{}, {}},
        {OperatorCode::mul, {2, 3}, {4}, model::MulOptions{}, {}},
        {OperatorCode::add, {4, 5}, {6}, model::AddOptions{}, {}},
        {OperatorCode::relu, {6}, {7}, {}, {}},
        {OperatorCode::depthwise_conv_2d, {7, 8, 9}, {10}, model::DepthwiseConv2dOptions{}, {}},
        {OperatorCode::add, {7, 10}, {11}, model::AddOptions{model::Activation::relu}, {}},
        {OperatorCode::concatenation, {11, 7}, {12}, model::ConcatenationOptions{3}, {}},
        {OperatorCode::mean, {12, 18}, {14}, model::ReducerOptions{}, {}},
        {OperatorCode::fully_connected, {14, 15, -1}, {16}, model::FullyConnectedOptions{}, {}},
        {OperatorCode::softmax, {16}, {17}, model::SoftmaxOptions{}, {}}};
    return graph;
}

TEST(PostTraining, FoldsBatchNormAndActivationWithoutChangingTheResult) {
    Random random(3);
    const auto graph = branched(random);
    const auto small = folded(graph);
    EXPECT_EQ(graph.operators.size(), 10U);
    EXPECT_EQ(small.operators.size(), 7U);  // MUL, ADD, RELU went into the convolution
    FloatGraph before(graph);
    FloatGraph after(small);
    const auto input = draw(108, 1, random);
    const auto expected = before.run(input);
    const auto given = after.run(input);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(expected[i], given[i], 1e-5);
}

TEST(PostTraining, BranchesFollowTheFloatModel) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        Random random(seed);
        const auto graph = branched(random);
        const auto loss = requantized(graph, draw(200 * 108, 1, random), {});
        EXPECT_GT(loss.signal_to_noise_db, 25) << seed;
        EXPECT_GE(loss.same_class, 90U) << seed;
    }
}

TEST(PostTraining, DenseLayersTakeOneScaleWhereAskedFor) {
    Random random(9);
    const auto graph = folded(branched(random));
    FloatGraph exact(graph);
    const auto inputs = draw(50 * 108, 1, random);
    const auto ranges = calibrated_ranges(exact, inputs).whole;
    const auto scales = [&](bool by_channel) {
        const auto made = quantized_graph(graph, ranges, by_channel);
        for (const auto& op : made.operators) {
            if (op.code == OperatorCode::fully_connected)
                return made.tensors[static_cast<size_t>(op.inputs[1])].quantization.scales.size();
        }
        return size_t{0};
    };
    EXPECT_EQ(scales(true), 4U);
    EXPECT_EQ(scales(false), 1U);
    const auto made = quantized_graph(graph, ranges, false);
    EXPECT_GT(quantization_loss(exact, made, inputs, {}).signal_to_noise_db, 25);
}

TEST(PostTraining, RangesTooNarrowCostPoints) {
    Random random(7);
    FloatGraph exact(folded(branched(random)));
    const auto inputs = draw(50 * 108, 1, random);
    const auto narrow = quantized_graph(
        exact.graph(),
        std::vector<TensorRange>(exact.graph().tensors.size(), TensorRange{-0.01F, 0.01F}));
    std::vector<uint32_t> labels;
    for (size_t n = 0; n < 50; ++n) {
        const auto out = exact.run(std::span(inputs).subspan(n * 108, 108));
        labels.push_back(
            static_cast<uint32_t>(std::max_element(out.begin(), out.end()) - out.begin()));
    }
    const auto loss = quantization_loss(exact, narrow, inputs, labels);
    EXPECT_EQ(loss.float_right, 50U);
    EXPECT_EQ(loss.points_lost(), 2.0 * (50 - static_cast<double>(loss.integer_right)));
    EXPECT_LT(loss.signal_to_noise_db, 12);
}

TEST(PostTraining, OutliersAmongManyValuesAreCut) {
    model::Graph graph;
    graph.tensors = {{"input", TensorType::float32, {1, 1000}},
                     {"out", TensorType::float32, {1, 1000}}};
    graph.inputs = {0};
    graph.outputs = {1};
    graph.operators = {{OperatorCode::relu, {0}, {1}, {}, {}}};
    FloatGraph exact(graph);
    Random random(5);
    auto inputs = draw(2'000'000, 1, random);
    inputs[5] = 60;
    const auto ranges = calibrated_ranges(exact, inputs);
    EXPECT_EQ(ranges.whole[0].greatest, 60);
    EXPECT_LT(ranges.cut[0].greatest, 40);
    EXPECT_LE(ranges.cut[0].least, -3);
    EXPECT_EQ(ranges.cut[1].least, 0);
}

TEST(PostTraining, SaysWhatItCannotQuantize) {
    model::Graph graph;
    graph.tensors = {{"input", TensorType::float32, {1, 4}}, {"out", TensorType::float32, {1, 4}}};
    graph.inputs = {0};
    graph.outputs = {1};
    graph.operators = {{OperatorCode::sqrt, {0}, {1}, {}, {}}};
    FloatGraph exact(graph);
    try {
        (void)exact.run(std::vector<float>(4, 1.0F));
        FAIL() << "SQRT was computed";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("SQRT"), std::string::npos) << error.what();
    }
    graph.tensors[0].type = TensorType::int8;
    EXPECT_THROW(FloatGraph{graph}, std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
