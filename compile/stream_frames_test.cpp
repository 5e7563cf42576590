#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "compile/compile.hpp"
#include "compile/streaming.hpp"
#include "compile/testing/golden.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/reference.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

// A window that moves on, of which only the new frames are computed: each result equals that of the
// whole window which ends there, bit for bit.

namespace ganglion::compile {
namespace {

std::vector<int8_t> output_of(const Program& program, const std::vector<int8_t>& arena) {
    const int8_t* output = arena.data() + program.output().offset;
    return {output, output + program.output().bytes};
}

/// The output of each whole window of a stream that ends where a run of `step` bytes does.
std::vector<std::vector<int8_t>> whole_windows(const model::Graph& graph, const Target& target,
                                               const std::vector<int8_t>& stream, size_t step) {
    const CompiledModel compiled = compile(graph, target);
    Program program;
    EXPECT_EQ(program.load(compiled.program), Status::ok);
    std::vector<std::vector<int8_t>> outputs;
    for (size_t end = step; end <= stream.size(); end += step) {
        if (end < program.input().bytes) continue;
        std::vector<int8_t> arena(program.arena_bytes(), 7);
        std::memcpy(arena.data() + program.input().offset,
                    stream.data() + end - program.input().bytes, program.input().bytes);
        program.run(arena);
        outputs.push_back(output_of(program, arena));
    }
    return outputs;
}

/// Streams and compares every result from the first full window on; MACs of a run.
uint64_t expect_equal_streams(const model::Graph& graph, const Target& target, uint32_t fresh,
                              const std::vector<int8_t>& stream) {
    const CompiledModel compiled = compile(graph, target, {.ram_bytes = {}, .new_frames = fresh});
    Program program;
    const Status status = program.load(compiled.program);
    EXPECT_EQ(status, Status::ok);
    if (status != Status::ok) return 0;
    EXPECT_EQ(compiled.report.new_frames, fresh);
    const uint32_t step = program.input().bytes;
    const auto whole = whole_windows(graph, target, stream, step);
    EXPECT_GT(whole.size(), 2U);
    const size_t first = stream.size() / step - whole.size();
    std::vector<int8_t> arena(program.arena_bytes(), 99);
    program.reset(arena);
    size_t wrong = 0;
    for (size_t i = 0; i < stream.size() / step; ++i) {
        std::memcpy(arena.data() + program.input().offset, stream.data() + i * step, step);
        program.run(arena);
        if (i >= first) wrong += output_of(program, arena) != whole[i - first];
        // What is not state may be anything between runs.
        std::memset(arena.data() + program.state_bytes(), static_cast<int>(i),
                    program.arena_bytes() - program.state_bytes());
    }
    EXPECT_EQ(wrong, 0U) << "of " << whole.size();
    return compiled.report.macs;
}

struct Case {
    const char* model;
    uint32_t window, fresh;
    double most;  ///< MACs of a run, of those of the whole window
};

class StreamedModel : public testing::TestWithParam<std::tuple<Case, const char*>> {};

TEST_P(StreamedModel, EqualsTheWholeWindowAndComputesLess) {
    const auto [about, target_name] = GetParam();
    GANGLION_NEEDS_SHARED(about.model);
    const model::Graph graph = model::read_tflite_file(tests::shared_dir() / about.model);
    const Target target = target_by_name(target_name);
    const Report whole = compile(graph, target).report;
    RandomGraph random(1);
    const int64_t frame =
        graph.tensors[static_cast<size_t>(graph.inputs[0])].elements() / about.window;
    const std::vector<int8_t> stream =
        random.values(frame * (about.window + int64_t{12} * about.fresh));
    const uint64_t macs = expect_equal_streams(graph, target, about.fresh, stream);
    EXPECT_LE(static_cast<double>(macs), about.most * static_cast<double>(whole.macs));
}

constexpr const char* kKws = "models/mlperf_tiny/kws_dscnn_int8.tflite";
constexpr const char* kSww = "models/mlperf_tiny/sww_dscnn1d_int8.tflite";

INSTANTIATE_TEST_SUITE_P(
    Golden, StreamedModel,
    testing::Combine(testing::Values(Case{kKws, 49, 2, 0.6}, Case{kKws, 49, 4, 0.65},
                                     Case{kSww, 30, 1, 0.06}, Case{kSww, 30, 3, 0.2}),
                     testing::Values("portable", "cortex-m4")));

TEST(StreamFrames, EqualsTheWholeWindowInRandomNetworks) {
    size_t streamed = 0;
    size_t refused = 0;
    for (uint32_t seed = 1; seed <= 300; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = seed % 3 == 0 ? random.network() : random.chain();
        const model::Tensor& input = graph.tensors[static_cast<size_t>(graph.inputs[0])];
        const auto fresh = static_cast<uint32_t>(random.between(1, 3));
        if (static_cast<int>(fresh) >= input.shape[1]) continue;
        const std::vector<int8_t> stream =
            random.values(input.elements() / input.shape[1] * fresh * 20);
        for (const char* target : {"portable", "cortex-m4"}) {
            try {
                (void)compile(graph, target_by_name(target),
                              {.ram_bytes = {}, .new_frames = fresh});
            } catch (const std::runtime_error& error) {
                EXPECT_THAT(error.what(), testing::HasSubstr("no streaming"));
                ++refused;
                continue;
            }
            (void)expect_equal_streams(graph, target_by_name(target), fresh, stream);
            ASSERT_FALSE(testing::Test::HasFailure()) << target << " seed " << seed;
            ++streamed;
        }
    }
    EXPECT_GT(streamed, 100U);
    EXPECT_GT(refused, 10U);
}

TEST(StreamFrames, SaysWhatItCannotStream) {
    GANGLION_NEEDS_SHARED(kKws);
    const Target target = target_by_name("portable");
    const auto error_of = [&](const char* model, uint32_t fresh) -> std::string {
        try {
            (void)compile(model::read_tflite_file(tests::shared_dir() / model), target,
                          {.ram_bytes = {}, .new_frames = fresh});
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "compiled";
    };
    EXPECT_THAT(error_of(kKws, 3), testing::HasSubstr("moves on by 2 of 3 new rows; ask for"));
    EXPECT_THAT(error_of(kKws, 49), testing::HasSubstr("ask for 1 to 48"));
    EXPECT_THAT(error_of("models/mlperf_tiny/ad_autoencoder_int8.tflite", 1),
                testing::HasSubstr("operation 0 (fully_connected) does not go frame by frame"));
    EXPECT_THAT(error_of("models/micro_wake_word/alexa_v2.tflite", 1),
                testing::HasSubstr("keeps a state of its own"));
}

}  // namespace
}  // namespace ganglion::compile
