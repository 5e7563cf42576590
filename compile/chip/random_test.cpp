#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "compile/chip/toolchain.hpp"
#include "compile/compile.hpp"
#include "compile/random_graph.hpp"
#include "compile/reference.hpp"
#include "device/program/program.hpp"

// Random graphs on each emulated processor: its kernels against the plain interpreter, bit for bit.

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
    size_t packed = 0;  ///< operations in their packed or paired form

    void add(const model::Graph& graph, std::string_view target, RandomGraph& random,
             uint32_t seed) {
        add(graph, target,
            random.values(graph.tensors[static_cast<size_t>(graph.inputs[0])].elements()), seed);
    }
    void add(const model::Graph& graph, std::string_view target, const std::vector<int8_t>& input,
             uint32_t seed) {
        const CompiledModel compiled = compile(graph, target_by_name(target));
        const std::vector<int8_t> output = reference::Interpreter(graph, input).output();
        const uint32_t sizes[] = {static_cast<uint32_t>(compiled.program.size()),
                                  static_cast<uint32_t>(input.size()),
                                  static_cast<uint32_t>(output.size())};
        append(cases, sizes, sizeof sizes);
        append(cases, compiled.program.data(), compiled.program.size());
        append(cases, input.data(), input.size());
        outputs.insert(outputs.end(), output.begin(), output.end());
        for (const LayerReport& layer : compiled.report.layers)
            packed +=
                layer.operation.starts_with("packed") || layer.operation.starts_with("paired");
        ends.push_back(outputs.size());
        seeds.push_back(seed);
    }
};

void expect_equal_on_chip(const chip::Toolchain& toolchain, const Batch& batch) {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '_');
    const fs::path folder = fs::path(testing::TempDir()) / ("ganglion_chip_random_" + name);
    fs::create_directories(folder);
    const fs::path cases = folder / "cases.bin";
    const fs::path outputs = folder / "outputs.bin";
    std::ofstream(cases, std::ios::binary) << batch.cases;
    const std::string command = fmt::format(
        "{} {} -semihosting-config enable=on,target=native,arg=batch,arg={},arg={} </dev/null",
        toolchain.emulator, toolchain.batch_runner, cases.string(), outputs.string());
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

class RandomOnChip : public testing::TestWithParam<chip::Toolchain> {
  protected:
    /// The whole range of cases runs on one target of each family of kernels.
    static uint32_t some(uint32_t count) {
        const bool is_whole = GetParam().target == "cortex-m3" ||
                              GetParam().target == "cortex-m4" || GetParam().target == "cortex-m55";
        return is_whole ? count : count / 5;
    }
};

TEST_P(RandomOnChip, LayersEqualThePlainInterpreter) {
    const bool packs = target_by_name(GetParam().target).packs_weights;
    Batch batch;
    for (uint32_t seed = 1; seed <= some(1500); ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = random.layer();
        // Any target runs the programs of any other.
        const std::string_view other = packs ? "portable" : "cortex-m4";
        batch.add(graph, seed % 8 == 0 ? other : GetParam().target, random, seed);
    }
    // Random weights of -128 have no paired form.
    EXPECT_GT(batch.packed, some(packs ? 450 : 350));
    expect_equal_on_chip(GetParam(), batch);
}

TEST_P(RandomOnChip, NetworksEqualThePlainInterpreter) {
    Batch batch;
    for (uint32_t seed = 1; seed <= some(200); ++seed) {
        RandomGraph random(seed);
        const model::Graph graph = seed % 2 == 0 ? random.network() : random.chain();
        batch.add(graph, GetParam().target, random, seed);
    }
    EXPECT_GT(batch.packed, some(400));
    expect_equal_on_chip(GetParam(), batch);
}

/// Dense layers whose sums are as large as they can be.
TEST_P(RandomOnChip, SumsAtTheirLimitsEqualThePlainInterpreter) {
    Batch batch;
    for (const uint8_t input : {0x80, 0x7f}) {
        for (const uint8_t weight : {0x80, 0x7f, 0x81}) {
            RandomGraph random(1);
            const int32_t row = random.begin({1, 1, 1, 1024});
            model::Graph graph = random.finish(random.dense(row));
            for (model::Tensor& tensor : graph.tensors) {
                if (tensor.name == "weights")
                    std::fill(tensor.data.begin(), tensor.data.end(), weight);
            }
            batch.add(graph, GetParam().target,
                      std::vector<int8_t>(1024, static_cast<int8_t>(input)), input);
        }
    }
    expect_equal_on_chip(GetParam(), batch);
}

INSTANTIATE_TEST_SUITE_P(Chips, RandomOnChip, testing::ValuesIn(chip::kToolchains),
                         [](const auto& parameter) {
                             std::string name(parameter.param.target);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace ganglion::compile
