#include <gtest/gtest.h>

#include <cstring>

#include "compile/compile.hpp"
#include "compile/testing/golden.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

// Models that keep state from run to run: every frame of the reference's streams, bit for bit.

namespace ganglion::compile {
namespace {

/// Runs a stream from the initial state; number of outputs that differ.
size_t wrong_outputs(const Program& program, const std::vector<int8_t>& inputs,
                     const std::vector<int8_t>& expected) {
    std::vector<int8_t> arena(program.arena_bytes(), 99);
    program.reset(arena);
    const uint32_t in = program.input().bytes;
    const uint32_t out = program.output().bytes;
    size_t wrong = 0;
    for (size_t i = 0; i < inputs.size() / in; ++i) {
        std::memcpy(arena.data() + program.input().offset, inputs.data() + i * in, in);
        program.run(arena);
        wrong += std::memcmp(arena.data() + program.output().offset, expected.data() + i * out,
                             out) != 0;
        // What is not state may be anything between runs.
        std::memset(arena.data() + program.state_bytes(), static_cast<int>(i),
                    program.arena_bytes() - program.state_bytes());
    }
    return wrong;
}

class StreamingModel : public testing::TestWithParam<std::tuple<const char*, const char*>> {
  protected:
    static std::string file() {
        return std::string("models/micro_wake_word/") + std::get<0>(GetParam()) + ".tflite";
    }
};

TEST_P(StreamingModel, EqualsTheReferenceOverWholeStreams) {
    const auto [name, target] = GetParam();
    GANGLION_NEEDS_SHARED(file().c_str());
    const Golden golden = read_golden(file());
    const CompiledModel compiled =
        compile(model::read_tflite_file(tests::shared_dir() / file()), target_by_name(target));
    Program program;
    ASSERT_EQ(program.load(compiled.program), Status::ok);
    EXPECT_EQ(program.output().type, ElementType::uint8);
    EXPECT_EQ(program.state_bytes(), compiled.report.state_bytes);
    EXPECT_GT(program.state_bytes(), 0U);
    ASSERT_EQ(golden.inputs.size(), golden.count * program.input().bytes);
    EXPECT_EQ(wrong_outputs(program, golden.inputs, golden.outputs), 0U);

    const auto& synthetic = golden.entry["synthetic"];
    const auto inputs = read_values(tests::shared_dir() / synthetic["inputs"].get<std::string>());
    const auto outputs = read_values(tests::shared_dir() / synthetic["outputs"].get<std::string>());
    ASSERT_GT(outputs.size(), 60U);
    EXPECT_EQ(wrong_outputs(program, inputs, outputs), 0U);
    // Proof that the state matters: without a move of the state the stream ends differently.
    EXPECT_GT(
        wrong_outputs(program, {inputs.begin() + program.input().bytes, inputs.end()}, outputs),
        0U);
}

TEST_P(StreamingModel, SurvivesTheFileFormat) {
    GANGLION_NEEDS_SHARED(file().c_str());
    const Target target = target_by_name(std::get<1>(GetParam()));
    const model::Graph graph = model::read_tflite_file(tests::shared_dir() / file());
    const model::Graph again = model::read_tflite(model::write_tflite(graph));
    EXPECT_EQ(compile(again, target).program, compile(graph, target).program);
}

INSTANTIATE_TEST_SUITE_P(Golden, StreamingModel,
                         testing::Combine(testing::Values("alexa_v2", "hey_jarvis_v2",
                                                          "okay_nabu_v2", "vad_v2"),
                                          testing::Values("portable", "cortex-m4")),
                         [](const auto& parameter) {
                             const std::string target = std::get<1>(parameter.param);
                             return std::get<0>(parameter.param) +
                                    std::string(target == "portable" ? "" : "_cortex_m4");
                         });

}  // namespace
}  // namespace ganglion::compile
