#include "compile/compile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "compile/lower.hpp"
#include "compile/testing/golden.hpp"
#include "compile/testing/random_graph.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::OperatorCode;
using testing::HasSubstr;
using testing::Not;

const Target kTarget = target_by_name("portable");

/// input [1,4] -> dense -> [1,2]
Graph dense() {
    Graph graph;
    graph.tensors = {
        {.name = "input", .shape = {1, 4}, .quantization = {{0.5F}, {3}}},
        {.name = "weights",
         .shape = {2, 4},
         .quantization = {{0.25F}, {0}},
         .data = {1, 2, 3, 4, 5, 6, 7, 8}},
        {.name = "scores", .shape = {1, 2}, .quantization = {{1.0F}, {-3}}},
    };
    graph.operators = {
        {OperatorCode::fully_connected, {0, 1, -1}, {2}, model::FullyConnectedOptions{}, {}}};
    graph.inputs = {0};
    graph.outputs = {2};
    return graph;
}

std::string error_of(const Graph& graph) {
    try {
        (void)compile(graph, kTarget);
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
        return error.what();
    }
    return "compiled";
}

TEST(Compile, NamesUnsupportedOperatorsAndWhatToDo) {
    Graph graph = dense();
    graph.operators[0].code = static_cast<OperatorCode>(11);
    EXPECT_THAT(error_of(graph), HasSubstr("operator 0 (L2_NORMALIZATION), which computes "
                                           "'scores'"));
    EXPECT_THAT(error_of(graph), HasSubstr("replace it by supported ones: ADD, AVERAGE_POOL_2D"));
    EXPECT_THAT(error_of(graph), HasSubstr("HARD_SWISH"));
    graph.operators[0].code = OperatorCode::square;
    EXPECT_THAT(error_of(graph), HasSubstr("use MUL of the tensor with itself"));
    graph.operators[0].code = OperatorCode::neg;
    EXPECT_THAT(error_of(graph), HasSubstr("use SUB from a constant 0"));
    graph.operators[0].code = OperatorCode::div;
    EXPECT_THAT(error_of(graph), HasSubstr("use MUL by the reciprocal"));
    graph.operators[0].code = OperatorCode::dequantize;
    EXPECT_THAT(error_of(graph), HasSubstr("float32 is possible at the model's outputs alone"));
}

TEST(Compile, RefusesWhatIsNotInt8) {
    Graph graph = dense();
    graph.tensors[0].type = model::TensorType::float32;
    EXPECT_THAT(error_of(graph), HasSubstr("'input' is float32"));
    graph = dense();
    graph.tensors[1].quantization.zero_points = {5};
    EXPECT_THAT(error_of(graph), HasSubstr("symmetric weight"));
    graph = dense();
    graph.tensors[2].quantization = {};
    EXPECT_THAT(error_of(graph), HasSubstr("one scale"));
    graph = dense();
    graph.tensors[0].quantization.zero_points = {1000};
    EXPECT_THAT(error_of(graph), HasSubstr("zero point outside int8"));
}

TEST(Compile, RefusesShapesThatDoNotFit) {
    Graph graph = dense();
    graph.tensors[0].shape = {1, 5};
    EXPECT_THAT(error_of(graph), HasSubstr("does not divide into rows of 4"));
    graph = dense();
    graph.tensors[2].shape = {1, 3};
    EXPECT_THAT(error_of(graph), HasSubstr("output shape does not fit"));
    graph = dense();
    graph.inputs = {0, 0};
    EXPECT_THAT(error_of(graph), HasSubstr("lists an input twice"));
    graph = dense();
    graph.operators[0].options = {};
    EXPECT_THAT(error_of(graph), HasSubstr("options are missing"));
}

TEST(Compile, RefusesUnknownTargets) {
    try {
        (void)target_by_name("z80");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(),
                    HasSubstr("known targets: portable, cortex-m0, cortex-m3, cortex-m4"));
    }
}

TEST(Compile, NeverAcceptsARandomlyDamagedGraphThatTheDeviceRefuses) {
    for (uint32_t seed = 1; seed <= 300; ++seed) {
        RandomGraph random(seed);
        Graph graph = random.network();
        for (int n = random.between(1, 3); n > 0; --n) {
            auto& tensor = graph.tensors[static_cast<size_t>(
                random.between(0, static_cast<int>(graph.tensors.size()) - 1))];
            switch (random.between(0, 3)) {
                case 0:
                    tensor.shape[0] = random.between(0, 3);
                    break;
                case 1:
                    tensor.shape.back() = random.between(0, 300000);
                    break;
                case 2:
                    tensor.quantization.scales = {1e-30F *
                                                  static_cast<float>(random.between(0, 3))};
                    break;
                default:
                    tensor.type = model::TensorType::int32;
            }
        }
        try {
            const CompiledModel compiled = compile(graph, kTarget);
            Program program;
            EXPECT_EQ(program.load(compiled.program), Status::ok) << "seed " << seed;
        } catch (const std::runtime_error&) {
            continue;
        }
    }
}

TEST(Compile, FoldsPadsAndDropsReshapes) {
    size_t folded = 0;
    for (uint32_t seed = 1; seed <= 200; ++seed) {
        RandomGraph random(seed);
        const Graph graph = random.layer();
        const bool pad_first = graph.operators[0].code == OperatorCode::pad;
        const bool convolution_next =
            graph.operators.size() == 2 && graph.operators[1].code == OperatorCode::conv_2d;
        if (!pad_first || !convolution_next) continue;
        ++folded;
        const Report report = compile(graph, kTarget).report;
        ASSERT_EQ(report.layers.size(), 1U);
        EXPECT_EQ(report.layers[0].operation, "conv_2d");
    }
    EXPECT_GT(folded, 3U);
    RandomGraph random(1);
    for (const LayerReport& layer : compile(random.network(), kTarget).report.layers) {
        EXPECT_NE(layer.operation, "reshape");
    }
}

/// Of every layer that may swallow its padding, bits are compared in random_cases.hpp ("padded").
TEST(Compile, FoldsPadsIntoMaximaWhereTheyAreTheLowest) {
    const auto operations = [](int zero_point, int8_t value, bool with_value) {
        RandomGraph random(3);
        const int32_t image = random.begin({1, 6, 6, 4});
        random.change(
            image, [&](model::Tensor& tensor) { tensor.quantization.zero_points = {zero_point}; });
        const int32_t padded = with_value ? random.pad_with(image, value) : random.pad(image);
        const auto in = random.shape(padded);
        const int32_t out = random.like(image, {1, in[1] - 4, in[2] - 4, in[3]});
        random.apply(
            model::OperatorCode::max_pool_2d, {padded}, {out},
            model::Pool2dOptions{model::Padding::valid, 1, 1, 5, 5, model::Activation::none});
        return lower(random.finish(out), target_by_name("portable"), {}).operations.size();
    };
    EXPECT_EQ(operations(-128, 0, false), 1U);
    EXPECT_EQ(operations(5, -128, true), 1U);
    EXPECT_EQ(operations(5, 0, false), 2U);
    EXPECT_EQ(operations(5, -127, true), 2U);
}

TEST(Compile, ARenamingByAnyNameCostsNothing) {
    const Graph graph = RandomGraph(1).network();
    const auto program_with = [&](OperatorCode code) {
        Graph renamed = graph;
        size_t changed = 0;
        for (model::Operator& op : renamed.operators) {
            if (op.code != OperatorCode::reshape) continue;
            op.code = code;
            op.options = {};
            ++changed;
        }
        EXPECT_GT(changed, 0U);
        return compile(renamed, kTarget).program;
    };
    EXPECT_EQ(program_with(OperatorCode::squeeze), compile(graph, kTarget).program);
    EXPECT_EQ(program_with(OperatorCode::expand_dims), compile(graph, kTarget).program);
}

TEST(Compile, AGraphThatOnlyRenamesIsAnEmptyProgram) {
    Graph graph = dense();
    graph.tensors[2].shape = {4};
    graph.operators = {{OperatorCode::reshape, {0}, {2}, model::ReshapeOptions{{4}}, {}}};
    const CompiledModel compiled = compile(graph, kTarget);
    Program program;
    ASSERT_EQ(program.load(compiled.program), Status::ok);
    EXPECT_EQ(program.operation_count(), 0U);
    EXPECT_EQ(program.input().offset, program.output().offset);
}

TEST(Compile, WorksInPlaceWhereAnInputIsNoLongerNeeded) {
    Graph graph = dense();
    graph.tensors.push_back(
        {.name = "probabilities", .shape = {1, 2}, .quantization = {{1.0F / 256}, {-128}}});
    graph.operators.push_back({OperatorCode::softmax, {2}, {3}, model::SoftmaxOptions{}, {}});
    graph.outputs = {3};
    const CompiledModel compiled = compile(graph, kTarget);
    EXPECT_EQ(compiled.report.layers[0].output_offset, compiled.report.layers[1].output_offset);
}

TEST(Compile, ReportsAsTextAndJson) {
    const Report report = compile(dense(), kTarget).report;
    EXPECT_EQ(report.macs, 8U);
    EXPECT_EQ(report.layers.size(), 1U);
    const nlohmann::json json = to_json(report);
    EXPECT_EQ(json["macs"], 8);
    EXPECT_EQ(json["layers"][0]["operation"], "fully_connected");
    EXPECT_EQ(json["layers"][0]["output_shape"], nlohmann::json({1, 2}));
    EXPECT_EQ(json["program_bytes"], compile(dense(), kTarget).program.size());
    EXPECT_THAT(to_text(report), HasSubstr("fully_connected"));
}

/// The streaming models hold the reference's LOGISTIC layers: input value and output of each.
TEST(Compile, LogisticEqualsTheReference) {
    GANGLION_NEEDS_SHARED("golden/alexa_v2.layers.json");
    size_t compared = 0;
    for (const std::string name : {"alexa_v2", "hey_jarvis_v2", "okay_nabu_v2", "vad_v2"}) {
        const std::filesystem::path shared = tests::shared_dir();
        const Graph whole =
            model::read_tflite_file(shared / "models/micro_wake_word" / (name + ".tflite"));
        std::ifstream file(shared / "golden" / (name + ".layers.json"));
        const nlohmann::json layers = nlohmann::json::parse(file);
        const std::vector<int8_t> values = read_values(shared / "golden" / (name + ".layers.bin"));
        std::map<int32_t, size_t> offset_of;
        for (const nlohmann::json& layer : layers) offset_of[layer["tensor"]] = layer["offset"];
        for (const model::Operator& op : whole.operators) {
            if (op.code != OperatorCode::logistic) continue;
            Graph graph;
            graph.tensors = {whole.tensors[op.inputs[0]], whole.tensors[op.outputs[0]]};
            graph.operators = {{OperatorCode::logistic, {0}, {1}, {}, {}}};
            graph.inputs = {0};
            graph.outputs = {1};
            const CompiledModel compiled = compile(graph, kTarget);
            Program program;
            ASSERT_EQ(program.load(compiled.program), Status::ok);
            std::vector<int8_t> arena(program.arena_bytes());
            std::memcpy(arena.data() + program.input().offset,
                        values.data() + offset_of.at(op.inputs[0]), program.input().bytes);
            program.run(arena);
            EXPECT_EQ(
                std::memcmp(arena.data() + program.output().offset,
                            values.data() + offset_of.at(op.outputs[0]), program.output().bytes),
                0)
                << name;
            ++compared;
        }
    }
    EXPECT_GE(compared, 4U);
}

}  // namespace
}  // namespace ganglion::compile
