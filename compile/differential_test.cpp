#include <gtest/gtest.h>

#include <cstring>

#include "compile/compile.hpp"
#include "compile/random_graph.hpp"
#include "compile/reference.hpp"
#include "device/program/program.hpp"
#include "model/tflite.hpp"

// Random graphs: compiled programs against the plain interpreter, bit for bit.

namespace ganglion::compile {
namespace {

void expect_equal(const model::Graph& graph, const char* target, RandomGraph& random,
                  uint32_t seed) {
    const CompiledModel compiled = compile(graph, target_by_name(target));
    Program program;
    ASSERT_EQ(program.load(compiled.program), Status::ok) << "seed " << seed;
    const std::vector<int8_t> input = random.values(program.input().bytes);
    const reference::Interpreter expected(graph, input);
    std::vector<int8_t> arena(program.arena_bytes(), 99);
    std::memcpy(arena.data() + program.input().offset, input.data(), input.size());
    program.run(arena);
    const std::vector<int8_t> output(
        arena.begin() + program.output().offset,
        arena.begin() + program.output().offset + program.output().bytes);
    ASSERT_EQ(output, expected.output()) << "seed " << seed << '\n' << to_text(compiled.report);
}

TEST(Differential, RandomLayersEqualThePlainInterpreter) {
    for (uint32_t seed = 1; seed <= 1500; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = random.layer();
        for (const char* target : {"portable", "cortex-m4"})
            expect_equal(graph, target, random, seed);
    }
}

TEST(Differential, RandomNetworksEqualThePlainInterpreter) {
    for (uint32_t seed = 1; seed <= 200; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = seed % 2 == 0 ? random.network() : random.chain();
        for (const char* target : {"portable", "cortex-m4"})
            expect_equal(graph, target, random, seed);
    }
}

TEST(Differential, RandomMovesEqualThePlainInterpreter) {
    for (uint32_t seed = 1; seed <= 600; ++seed) {
        for (const char* target : {"portable", "cortex-m4"}) {
            RandomGraph random(seed);
            expect_equal(random.moves(), target, random, seed);
        }
    }
}

TEST(Differential, GraphsSurviveTheFileFormat) {
    for (uint32_t seed = 1; seed <= 100; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = random.network();
        const model::Graph again = model::read_tflite(model::write_tflite(graph));
        EXPECT_EQ(compile(again, target_by_name("portable")).program,
                  compile(graph, target_by_name("portable")).program);
    }
}

}  // namespace
}  // namespace ganglion::compile
