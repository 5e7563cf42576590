#include "compile/chip/batch_case.hpp"

// Random graphs on each emulated processor: its kernels against the plain interpreter, bit for bit.

namespace ganglion::compile {
namespace {

class RandomOnChip : public testing::TestWithParam<chip::Toolchain> {
  protected:
    /// The whole range of cases runs on one target of each family of kernels.
    static uint32_t some(uint32_t count) {
        const bool is_whole = GetParam().target == "cortex-m3" ||
                              GetParam().target == "cortex-m4" || GetParam().target == "cortex-m55";
        return is_whole ? count : count / 5;
    }

    void add(std::string_view row_name, uint32_t seed, std::string_view target) {
        const auto* row = std::find_if(kRandomCases.begin(), kRandomCases.end(),
                                       [&](const auto& one) { return one.name == row_name; });
        add(chip::case_of(*row, seed), target);
    }
    void add(const chip::BatchCase& one, std::string_view target) {
        const CompiledModel compiled = compile(one.graph, target_by_name(target));
        batch_.add(one, compiled.program);
        for (const LayerReport& layer : compiled.report.layers)
            packed_ +=
                layer.operation.starts_with("packed") || layer.operation.starts_with("paired");
    }

    void expect_equal_on_chip() const {
        batch_.expect_equal_on_chip(GetParam(), std::string(GetParam().batch_runner),
                                    folder_.path());
    }

    chip::TestFolder folder_;
    chip::Batch batch_;
    size_t packed_ = 0;  ///< operations in their packed or paired form
};

TEST_P(RandomOnChip, LayersEqualThePlainInterpreter) {
    const bool packs = target_by_name(GetParam().target).packs_weights;
    for (uint32_t seed = 1; seed <= some(1500); ++seed) {
        // Any target runs the programs of any other.
        const std::string_view other = packs ? "portable" : "cortex-m4";
        add("layer", seed, seed % 8 == 0 ? other : GetParam().target);
    }
    // Random weights of -128 have no paired form.
    EXPECT_GT(packed_, some(packs ? 450 : 350));
    expect_equal_on_chip();
}

TEST_P(RandomOnChip, NetworksEqualThePlainInterpreter) {
    for (uint32_t seed = 1; seed <= some(200); ++seed)
        add(seed % 2 == 0 ? "network" : "chain", seed, GetParam().target);
    EXPECT_GT(packed_, some(400));
    expect_equal_on_chip();
}

/// Dense layers whose sums are as large as they can be.
TEST_P(RandomOnChip, SumsAtTheirLimitsEqualThePlainInterpreter) {
    for (const uint8_t input : {0x80, 0x7f}) {
        for (const uint8_t weight : {0x80, 0x7f, 0x81}) {
            RandomGraph random(1);
            const int32_t row = random.begin({1, 1, 1, 1024});
            chip::BatchCase one{"sums", random.finish(random.dense(row)), 1, {}, {}};
            for (model::Tensor& tensor : one.graph.tensors) {
                if (tensor.name == "weights")
                    std::fill(tensor.data.begin(), tensor.data.end(), weight);
            }
            one.inputs.assign(1024, static_cast<int8_t>(input));
            one.outputs = reference::Interpreter(one.graph, one.inputs).output();
            add(one, GetParam().target);
        }
    }
    expect_equal_on_chip();
}

INSTANTIATE_TEST_SUITE_P(Chips, RandomOnChip, testing::ValuesIn(chip::kToolchains),
                         [](const auto& parameter) {
                             std::string name(parameter.param.target);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace ganglion::compile
