#include "compile/borders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "compile/compile.hpp"
#include "device/program/program.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::OperatorCode;
using model::TensorType;
using testing::HasSubstr;

/// float32 -> QUANTIZE -> int8 RELU -> DEQUANTIZE -> float32, as converters write it.
Graph float_bordered() {
    Graph graph;
    graph.tensors = {
        {.name = "samples", .type = TensorType::float32, .shape = {1, 4}},
        {.name = "quantized", .shape = {1, 4}, .quantization = {{0.5F}, {3}}},
        {.name = "rectified", .shape = {1, 4}, .quantization = {{0.25F}, {-128}}},
        {.name = "scores", .type = TensorType::float32, .shape = {1, 4}},
    };
    graph.operators = {{OperatorCode::quantize, {0}, {1}, {}, {}},
                       {OperatorCode::relu, {1}, {2}, {}, {}},
                       {OperatorCode::dequantize, {2}, {3}, {}, {}}};
    graph.inputs = {0};
    graph.outputs = {3};
    return graph;
}

Program load(const CompiledModel& compiled) {
    Program program;
    EXPECT_EQ(program.load(compiled.program), Status::ok);
    return program;
}

std::string error_of(const Graph& graph) {
    try {
        (void)compile(graph, target_by_name("portable"));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "compiled";
}

TEST(Borders, FloatInputsAndOutputsBecomeTheirQuantizedTensors) {
    const CompiledModel compiled = compile(float_bordered(), target_by_name("portable"));
    ASSERT_EQ(compiled.report.layers.size(), 1U);
    const Program program = load(compiled);
    EXPECT_EQ(program.input().type, ElementType::int8);
    EXPECT_EQ(program.input().scale, 0.5F);
    EXPECT_EQ(program.input().zero_point, 3);
    EXPECT_EQ(program.output().scale, 0.25F);
    EXPECT_EQ(program.output().zero_point, -128);
}

TEST(Borders, AFloatInputQuantizedTwiceAlikeIsOneTensor) {
    Graph graph = float_bordered();
    graph.tensors.push_back(graph.tensors[1]);
    graph.tensors.push_back({.name = "sum", .shape = {1, 4}, .quantization = {{1.0F}, {0}}});
    graph.operators = {{OperatorCode::quantize, {0}, {1}, {}, {}},
                       {OperatorCode::quantize, {0}, {4}, {}, {}},
                       {OperatorCode::add, {1, 4}, {5}, model::AddOptions{}, {}}};
    graph.outputs = {5};
    EXPECT_EQ(compile(graph, target_by_name("portable")).report.layers.size(), 1U);
    graph.tensors[4].quantization.zero_points = {4};
    EXPECT_THAT(error_of(graph), HasSubstr("'samples' is quantized in two ways"));
}

TEST(Borders, FloatInsideIsRefused) {
    Graph graph = float_bordered();
    graph.operators = {{OperatorCode::relu, {0}, {3}, {}, {}}};
    EXPECT_THAT(error_of(graph), HasSubstr("'samples' is float32"));
}

TEST(Borders, SeveralInputsAndOutputsKeepTheirOrderAndValues) {
    Graph graph;
    for (const char* name : {"a", "b", "sum", "rectified"})
        graph.tensors.push_back({.name = name, .shape = {3}, .quantization = {{1.0F}, {0}}});
    graph.operators = {{OperatorCode::add, {1, 0}, {2}, model::AddOptions{}, {}},
                       {OperatorCode::relu, {2}, {3}, {}, {}}};
    graph.inputs = {1, 0};
    graph.outputs = {3, 2, 3};
    const CompiledModel compiled = compile(graph, target_by_name("portable"));
    const Program program = load(compiled);
    ASSERT_EQ(program.input_count(), 2U);
    ASSERT_EQ(program.output_count(), 3U);
    alignas(16) int8_t arena[256];
    ASSERT_LE(program.arena_bytes(), sizeof arena);
    for (int8_t i = 0; i < 3; ++i) {
        arena[program.input(0).offset + static_cast<size_t>(i)] = static_cast<int8_t>(10 * i);
        arena[program.input(1).offset + static_cast<size_t>(i)] = -5;
    }
    program.run(arena);
    const auto value = [&](uint32_t output, size_t i) {
        return arena[program.output(output).offset + i];
    };
    EXPECT_EQ(value(1, 0), -5);
    EXPECT_EQ(value(1, 2), 15);
    EXPECT_EQ(value(0, 0), 0);
    EXPECT_EQ(value(0, 2), 15);
    EXPECT_EQ(program.output(0).offset, program.output(2).offset);
}

TEST(Borders, AnInputThatNobodyReadsHasItsPlace) {
    Graph graph = float_bordered();
    graph.tensors.push_back({.name = "unused", .shape = {8}, .quantization = {{1.0F}, {0}}});
    graph.inputs = {0, 4};
    const CompiledModel compiled = compile(graph, target_by_name("portable"));
    const Program program = load(compiled);  // reads the compiled bytes where they lie
    EXPECT_EQ(program.input(1).bytes, 8U);
}

TEST(Borders, RefusesWhatAProgramCannotExchange) {
    Graph graph = float_bordered();
    graph.inputs = {0, 0};
    EXPECT_THAT(error_of(graph), HasSubstr("lists an input twice"));
    graph = float_bordered();
    graph.tensors[1].shape = {1, 1, 1, 1, 4};
    EXPECT_THAT(error_of(graph), HasSubstr("5 dimensions"));
    graph = float_bordered();
    graph.tensors[1].quantization.zero_points = {1000};
    EXPECT_THAT(error_of(graph), HasSubstr("zero point outside int8"));
    graph = float_bordered();
    graph.tensors[0].type = TensorType::int32;
    EXPECT_THAT(error_of(graph), HasSubstr("'samples' is int32"));
}

}  // namespace
}  // namespace ganglion::compile
