#include "compile/testing/differential.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "compile/testing/random_cases.hpp"
#include "compile/testing/reference.hpp"
#include "model/tflite.hpp"
#include "paths.hpp"

// Random graphs: compiled programs against the plain interpreter, bit for bit.

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTargets[] = {"portable", "cortex-m3", "cortex-m4", "x86-64"};

std::string first_difference(const model::Graph& graph, RandomGraph& random) {
    const std::vector<int8_t> input = random.values(reference::input_bytes(graph));
    const reference::Interpreter expected(graph, input);
    for (const char* target : kTargets) {
        const std::string found = difference(graph, target, input, expected.output());
        if (!found.empty()) return found;
    }
    return "";
}

/// Says how to run a failure again, and keeps its graph.
void expect_no_difference(const RandomCase& row, uint32_t seed) {
    RandomGraph random(seed);
    const model::Graph graph = row.make(random);
    const std::string found = first_difference(graph, random);
    if (found.empty()) return;
    const fs::path kept = fs::path(testing::TempDir()) /
                          (std::string(row.name) + "_" + std::to_string(seed) + ".tflite");
    const std::vector<uint8_t> bytes = model::write_tflite(graph);
    std::ofstream(kept, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    ADD_FAILURE() << "case " << row.name << ", seed " << seed << ": " << found << "the graph is in "
                  << kept << "; once mended, keep it in compile/fixtures/past_failures";
}

TEST(Differential, FixedSeedsEqualThePlainInterpreter) {
    for (const RandomCase& row : kRandomCases) {
        for (uint32_t seed = 1; seed <= row.seeds; ++seed) expect_no_difference(row, seed);
    }
}

/// Other seeds at each run, for GANGLION_FUZZ_SECONDS (2); GANGLION_FUZZ_SEED repeats a run.
TEST(Differential, FreshSeedsEqualThePlainInterpreter) {
    const char* seconds = std::getenv("GANGLION_FUZZ_SECONDS");
    const char* given = std::getenv("GANGLION_FUZZ_SEED");
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::seconds(seconds != nullptr ? std::atoi(seconds) : 2);
    auto seed = given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10))
                                 : std::random_device()();
    RecordProperty("first_seed", std::to_string(seed));
    while (std::chrono::steady_clock::now() < until && !HasFailure()) {
        for (const RandomCase& row : kRandomCases) expect_no_difference(row, seed);
        ++seed;
    }
}

/// Graphs that once gave wrong bits.
TEST(Differential, PastFailuresEqualThePlainInterpreter) {
    size_t graphs = 0;
    for (const auto& file :
         fs::directory_iterator(fs::path(GANGLION_SOURCE_DIR) / "compile/fixtures/past_failures")) {
        if (file.path().extension() != ".tflite") continue;
        const model::Graph graph = model::read_tflite_file(file.path());
        for (uint32_t seed = 1; seed <= 20; ++seed) {
            RandomGraph random(seed);
            EXPECT_EQ(first_difference(graph, random), "") << file.path();
        }
        ++graphs;
    }
    EXPECT_GE(graphs, 1U);
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
