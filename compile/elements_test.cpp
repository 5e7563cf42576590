#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

#include "compile/compile.hpp"
#include "compile/testing/random_graph.hpp"
#include "device/program/program.hpp"

// What the operators on elements refuse, by name, and where their results lie.

namespace ganglion::compile {
namespace {

using model::Graph;
using model::OperatorCode;
using testing::HasSubstr;

std::string error_of(const Graph& graph) {
    try {
        (void)compile(graph, target_by_name("portable"));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "compiled";
}

/// [1, 2, 3, 4] and a second input of a given shape -> `code` -> [1, 2, 3, 4]
Graph pair(OperatorCode code, std::vector<int32_t> shape, const model::Options& options = {}) {
    RandomGraph random(1);
    const int32_t first = random.begin({1, 2, 3, 4});
    const int32_t second = random.tensor(std::move(shape));
    const int32_t out = random.like(first, {1, 2, 3, 4});
    random.apply(code, {first, second}, {out}, options);
    Graph graph = random.finish(out);
    graph.inputs.push_back(second);
    return graph;
}

Graph reduction(OperatorCode code, std::vector<int32_t> axes, std::vector<int32_t> to) {
    RandomGraph random(1);
    const int32_t image = random.begin({2, 3, 4, 5});
    const auto count = static_cast<int32_t>(axes.size());
    const int32_t list = random.ints(axes, {count});
    const int32_t out = random.tensor(std::move(to));
    random.apply(code, {image, list}, {out}, model::ReducerOptions{false});
    return random.finish(out);
}

TEST(Elements, RefusePairsThatDoNotFit) {
    const model::AddOptions plain{};
    EXPECT_THAT(error_of(pair(OperatorCode::add, {1, 2, 2, 4}, plain)),
                HasSubstr("operator 0 (ADD), which computes 't2': 't1' does not fit"));
    EXPECT_THAT(error_of(pair(OperatorCode::maximum, {1, 2, 3, 4})),
                HasSubstr("the same scale and zero point"));
    Graph graph = pair(OperatorCode::add, {1, 2, 3, 1}, plain);
    graph.tensors[0].shape = {1, 1, 3, 1};
    EXPECT_THAT(error_of(graph), HasSubstr("its output is larger than its inputs"));
    graph = pair(OperatorCode::mul, {4}, model::MulOptions{model::Activation::tanh});
    EXPECT_THAT(error_of(graph), HasSubstr("its fused activation TANH"));
    EXPECT_THAT(error_of(pair(OperatorCode::sub, {4})), HasSubstr("its options are missing"));
}

/// They are folded; but the model's output must be computed.
TEST(Elements, RefuseTwoConstants) {
    RandomGraph random(1);
    const int32_t image = random.begin({4});
    const int32_t first = random.constant({4});
    const int32_t second = random.constant({4});
    const int32_t sum = random.tensor({4});
    const int32_t out = random.tensor({4});
    random.apply(OperatorCode::add, {first, second}, {sum}, model::AddOptions{});
    random.apply(OperatorCode::add, {image, sum}, {out}, model::AddOptions{});
    EXPECT_EQ(error_of(random.finish(out)), "compiled");
    EXPECT_THAT(error_of(random.finish(sum)), HasSubstr("both inputs are constants"));
}

TEST(Elements, RefuseReductionsThatDoNotFit) {
    EXPECT_THAT(error_of(reduction(OperatorCode::mean, {4}, {2, 3, 4})),
                HasSubstr("axis 4 of 4 dimensions"));
    EXPECT_THAT(error_of(reduction(OperatorCode::mean, {1}, {2, 4, 4})),
                HasSubstr("output shape does not fit its axes"));
    EXPECT_THAT(error_of(reduction(OperatorCode::reduce_max, {1}, {2, 4, 5})),
                HasSubstr("the same scale and zero point"));
    EXPECT_THAT(error_of(reduction(OperatorCode::arg_max, {1}, {2, 4, 5})),
                HasSubstr("its output must be int32 or int64"));
}

TEST(Elements, RefuseOutputsThatTheSpecificationFixes) {
    RandomGraph random(1);
    const int32_t image = random.begin({4});
    const int32_t out = random.tensor({4}, 1.0F / 128, 1);
    random.apply(OperatorCode::tanh, {image}, {out}, {});
    EXPECT_THAT(error_of(random.finish(out)), HasSubstr("scale 1/128 and zero point 0"));
}

/// A result may overwrite the side that is read once, never the one that repeats.
TEST(Elements, OverwriteOnlyWhatIsReadOnce) {
    for (const bool swapped : {false, true}) {
        Graph graph = pair(OperatorCode::mul, {4}, model::MulOptions{});
        if (swapped) std::swap(graph.operators[0].inputs[0], graph.operators[0].inputs[1]);
        Program program;
        const CompiledModel compiled = compile(graph, target_by_name("portable"));
        ASSERT_EQ(program.load(compiled.program), Status::ok);
        EXPECT_EQ(program.output().offset, program.input(0).offset);
        EXPECT_NE(program.output().offset, program.input(1).offset);
    }
}

/// QUANTIZE to int16 and back, with scales that lose nothing.
TEST(Elements, Int16HoldsInt8) {
    RandomGraph random(1);
    const int32_t image = random.begin({256});
    Graph graph = random.finish(random.like(image, {256}));
    graph.tensors.push_back(
        {.name = "wide",
         .type = model::TensorType::int16,
         .shape = {256},
         .quantization = {{graph.tensors[0].quantization.scales[0] / 64}, {0}}});
    graph.operators = {{OperatorCode::quantize, {0}, {2}, {}, {}},
                       {OperatorCode::quantize, {2}, {1}, {}, {}}};
    graph.outputs = {1, 2};
    Program program;
    const CompiledModel compiled = compile(graph, target_by_name("portable"));
    ASSERT_EQ(program.load(compiled.program), Status::ok);
    EXPECT_EQ(program.output(1).type, ElementType::int16);
    std::vector<int8_t> arena(program.arena_bytes());
    for (int i = 0; i < 256; ++i)
        arena[program.input().offset + static_cast<size_t>(i)] = static_cast<int8_t>(i - 128);
    program.run(arena);
    const auto zero = static_cast<int32_t>(graph.tensors[0].quantization.zero_points[0]);
    for (int i = 0; i < 256; ++i) {
        const auto n = static_cast<size_t>(i);
        EXPECT_EQ(arena[program.output(0).offset + n], i - 128);
        int16_t wide = 0;
        std::memcpy(&wide, arena.data() + program.output(1).offset + 2 * n, 2);
        EXPECT_EQ(wide, 64 * (i - 128 - zero));
    }
}

}  // namespace
}  // namespace ganglion::compile
