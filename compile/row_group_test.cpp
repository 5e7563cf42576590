#include "compile/row_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

// Layers computed by rows give the bits of the whole layers.

namespace ganglion::compile {
namespace {

constexpr CompileOptions kLeastRam{.ram_bytes = 0};
constexpr CompileOptions kWhole{.ram_bytes = UINT32_MAX};

std::vector<int8_t> run(const CompiledModel& compiled, const std::vector<int8_t>& input) {
    Program program;
    EXPECT_EQ(program.load(compiled.program), Status::ok);
    std::vector<int8_t> arena(program.arena_bytes(), 99);
    std::memcpy(arena.data() + program.input().offset, input.data(), input.size());
    program.run(arena);
    const int8_t* output = arena.data() + program.output().offset;
    return {output, output + program.output().bytes};
}

size_t loops_in(const Report& report) {
    size_t loops = 0;
    for (const LayerReport& layer : report.layers) loops += layer.operation == "repeat";
    return loops;
}

TEST(RowGroup, EqualsTheWholeLayersInRandomNetworks) {
    size_t loops = 0;
    size_t smaller = 0;
    for (uint32_t seed = 1; seed <= 400; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = seed % 3 == 0 ? random.network() : random.chain();
        const std::vector<int8_t> input =
            random.values(graph.tensors[static_cast<size_t>(graph.inputs[0])].elements());
        const std::vector<int8_t> expected = reference::Interpreter(graph, input).output();
        for (const char* target : {"portable", "cortex-m4"}) {
            const CompiledModel compiled = compile(graph, target_by_name(target), kLeastRam);
            ASSERT_EQ(run(compiled, input), expected) << target << " seed " << seed;
            const Report whole = compile(graph, target_by_name(target), kWhole).report;
            ASSERT_EQ(loops_in(whole), 0U);
            ASSERT_LE(compiled.report.arena_bytes, whole.arena_bytes) << "seed " << seed;
            EXPECT_EQ(compiled.report.constant_bytes, whole.constant_bytes);
            loops += loops_in(compiled.report);
            smaller += compiled.report.arena_bytes < whole.arena_bytes;
        }
    }
    EXPECT_GT(loops, 100U);
    EXPECT_GT(smaller, 100U);
}

struct Case {
    const char* model;
    uint32_t most_bytes;  ///< of RAM, without a budget
};

class RowsOfAModel : public testing::TestWithParam<Case> {};

TEST_P(RowsOfAModel, NeedsLittleRamAndKeepsEveryBit) {
    const auto [model, most_bytes] = GetParam();
    GANGLION_NEEDS_SHARED(model);
    const Golden golden = read_golden(model);
    const model::Graph graph = model::read_tflite_file(tests::shared_dir() / model);
    const Target target = target_by_name("cortex-m4");
    const CompiledModel usual = compile(graph, target);
    EXPECT_LE(usual.report.arena_bytes, most_bytes);
    EXPECT_GT(loops_in(usual.report), 0U);
    const CompiledModel least = compile(graph, target, kLeastRam);
    EXPECT_LE(least.report.arena_bytes, usual.report.arena_bytes);
    const std::vector<int8_t> input(
        golden.inputs.begin(),
        golden.inputs.begin() + static_cast<std::ptrdiff_t>(golden.inputs.size() / golden.count));
    const std::vector<int8_t> output(
        golden.outputs.begin(),
        golden.outputs.begin() + static_cast<std::ptrdiff_t>(golden.outputs.size() / golden.count));
    EXPECT_EQ(run(usual, input), output);
    EXPECT_EQ(run(least, input), output);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, RowsOfAModel,
    testing::Values(Case{"models/mlperf_tiny/ic_resnet8_int8.tflite", 24'000},
                    Case{"models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite", 32'000},
                    Case{"models/tflm/person_detect_int8.tflite", 26'000}),
    [](const auto& parameter) {
        return std::filesystem::path(parameter.param.model).stem().string();
    });

TEST(RowGroup, KeepsToABudget) {
    const char* model = "models/mlperf_tiny/vww_mobilenetv1_025_96_int8.tflite";
    GANGLION_NEEDS_SHARED(model);
    const model::Graph graph = model::read_tflite_file(tests::shared_dir() / model);
    const Target target = target_by_name("cortex-m4");
    for (uint32_t budget : {60'000U, 40'000U, 30'000U}) {
        const Report report = compile(graph, target, {.ram_bytes = budget}).report;
        EXPECT_LE(report.arena_bytes, budget);
        EXPECT_EQ(loops_in(report) > 0, budget < 38'000) << budget;
    }
    EXPECT_THAT([&] { (void)compile(graph, target, {.ram_bytes = 1000}); },
                testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("at least")));
}

}  // namespace
}  // namespace ganglion::compile
