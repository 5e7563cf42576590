#include "compile/chip/batch_case.hpp"

// Every operator on each emulated processor, in both forms: the fixtures and each kind of random
// graph give there the bits of the reference kernels and of the plain interpreter.

namespace ganglion::compile {
namespace {

using chip::BatchCase;

class OperatorsOnChip : public testing::TestWithParam<chip::Toolchain> {
  protected:
    /// Many cases run on one target of each family of kernels.
    static uint32_t seeds() {
        const std::string_view target = GetParam().target;
        return target == "cortex-m3" || target == "cortex-m4" || target == "cortex-m55" ? 60 : 12;
    }
    static std::vector<BatchCase> cases(uint32_t seeds_a_row) {
        std::vector<BatchCase> all = chip::all_fixtures();
        for (const RandomCase& row : kRandomCases) {
            for (uint32_t seed = 1; seed <= seeds_a_row; ++seed)
                all.push_back(chip::case_of(row, seed));
        }
        return all;
    }
    chip::TestFolder folder_;
};

TEST_P(OperatorsOnChip, LoadedProgramsEqualTheReference) {
    chip::Batch batch;
    for (const BatchCase& one : cases(seeds()))
        batch.add(one, compile(one.graph, target_by_name(GetParam().target)).program);
    EXPECT_GE(batch.size(), 100U + 12U * kRandomCases.size());
    batch.expect_equal_on_chip(GetParam(), std::string(GetParam().batch_runner), folder_.path());
}

TEST_P(OperatorsOnChip, EmittedCodeEqualsTheReference) {
    chip::Batch batch;
    std::string includes;
    std::string table;
    for (const BatchCase& one : cases(3)) {
        const std::string name = "network" + std::to_string(batch.size());
        emit_cpp(one.graph, target_by_name(GetParam().target), folder_.path(), name);
        includes += fmt::format("#include \"{}.cpp\"\n", name);
        table += fmt::format(
            "    {{{{{0}::inputs, {0}::outputs, {0}::arena_bytes, {0}::state_bytes}}, "
            "{0}::reset, {0}::invoke}},\n",
            name);
        batch.add(one, {});
    }
    std::ofstream(folder_.path() / "networks.hpp")
        << includes
        << "struct LinkedNetwork {\n    ganglion::chip::BatchNetwork borders;\n"
           "    void (*reset)(int8_t*);\n    void (*invoke)(int8_t*);\n};\n"
           "const LinkedNetwork kNetworks[] = {\n"
        << table << "};\n";
    const std::string image = (folder_.path() / "linked.elf").string();
    const std::string command =
        fmt::format("{} -I{} {} {} {} {} -o {}", GetParam().compile, folder_.path().string(),
                    chip::kLinkedBatchSource, GetParam().objects, GetParam().program_objects,
                    GetParam().link, image);
    ASSERT_EQ(std::system(command.c_str()), 0);
    EXPECT_GE(batch.size(), 100U + 3U * kRandomCases.size());
    batch.expect_equal_on_chip(GetParam(), image, folder_.path());
}

INSTANTIATE_TEST_SUITE_P(Chips, OperatorsOnChip, testing::ValuesIn(chip::kToolchains),
                         [](const auto& parameter) {
                             std::string name(parameter.param.target);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace ganglion::compile
