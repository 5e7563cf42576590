#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "compile/compile.hpp"
#include "compile/random_graph.hpp"
#include "compile/reference.hpp"
#include "device/program/program.hpp"
#include "toolchain.hpp"

// Random graphs on the emulated Cortex-M4F: its kernels against the plain interpreter, bit for bit.

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

void append(std::string& bytes, const void* data, size_t count) {
    bytes.append(static_cast<const char*>(data), count);
}

/// Cases in the form that batch.cpp reads, and the outputs that they must give.
struct Batch {
    std::string cases;
    std::vector<int8_t> outputs;
    std::vector<size_t> ends;  ///< of each case's outputs
    std::vector<uint32_t> seeds;
    size_t packed = 0;  ///< operations in their packed form

    void add(const model::Graph& graph, const char* target, RandomGraph& random, uint32_t seed) {
        const CompiledModel compiled = compile(graph, target_by_name(target));
        const std::vector<int8_t> input =
            random.values(graph.tensors[static_cast<size_t>(graph.inputs[0])].elements());
        const std::vector<int8_t> output = reference::Interpreter(graph, input).output();
        const uint32_t sizes[] = {static_cast<uint32_t>(compiled.program.size()),
                                  static_cast<uint32_t>(input.size()),
                                  static_cast<uint32_t>(output.size())};
        append(cases, sizes, sizeof sizes);
        append(cases, compiled.program.data(), compiled.program.size());
        append(cases, input.data(), input.size());
        outputs.insert(outputs.end(), output.begin(), output.end());
        for (const LayerReport& layer : compiled.report.layers)
            packed += layer.operation.starts_with("packed") ? 1 : 0;
        ends.push_back(outputs.size());
        seeds.push_back(seed);
    }
};

void expect_equal_on_chip(const Batch& batch) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    const fs::path folder =
        fs::path(testing::TempDir()) / (std::string("ganglion_chip_random_") + test->name());
    fs::create_directories(folder);
    const fs::path cases = folder / "cases.bin";
    const fs::path outputs = folder / "outputs.bin";
    std::ofstream(cases, std::ios::binary) << batch.cases;
    const std::string command =
        std::string(chip::kQemu) + " -M mps2-an386 -nographic -monitor none -serial none -kernel " +
        chip::kBatchRunner +
        " -semihosting-config enable=on,target=native,arg=batch,arg=" + cases.string() +
        ",arg=" + outputs.string() + " </dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream file(outputs, std::ios::binary);
    const std::vector<int8_t> results(std::istreambuf_iterator<char>(file), {});
    ASSERT_EQ(results.size(), batch.outputs.size());
    size_t begin = 0;
    for (size_t i = 0; i < batch.ends.size(); begin = batch.ends[i++]) {
        EXPECT_TRUE(std::equal(results.begin() + static_cast<std::ptrdiff_t>(begin),
                               results.begin() + static_cast<std::ptrdiff_t>(batch.ends[i]),
                               batch.outputs.begin() + static_cast<std::ptrdiff_t>(begin)))
            << "seed " << batch.seeds[i];
    }
    fs::remove_all(folder);
}

TEST(RandomOnChip, LayersEqualThePlainInterpreter) {
    Batch batch;
    for (uint32_t seed = 1; seed <= 1500; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = random.layer();
        batch.add(graph, seed % 8 == 0 ? "portable" : "cortex-m4", random, seed);
    }
    EXPECT_GT(batch.packed, 500U);
    expect_equal_on_chip(batch);
}

TEST(RandomOnChip, NetworksEqualThePlainInterpreter) {
    Batch batch;
    for (uint32_t seed = 1; seed <= 200; ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = seed % 2 == 0 ? random.network() : random.chain();
        batch.add(graph, "cortex-m4", random, seed);
    }
    EXPECT_GT(batch.packed, 400U);
    expect_equal_on_chip(batch);
}

}  // namespace
}  // namespace ganglion::compile
