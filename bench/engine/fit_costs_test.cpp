#include "bench/engine/fit_costs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "bench/engine/chip_image.hpp"
#include "bench/engine/cost_graphs.hpp"
#include "bench/engine/emulation.hpp"
#include "bench/engine/unrolled.hpp"
#include "compile/compile.hpp"
#include "compile/cost/cost.hpp"
#include "compile/lower.hpp"
#include "model/tflite.hpp"
#include "tests/shared.hpp"

// What the compiler estimates without running anything, against what the emulator counts.

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModels[] = {
    "mlperf_tiny/kws_dscnn_int8",
    "mlperf_tiny/ic_resnet8_int8",
    "mlperf_tiny/vww_mobilenetv1_025_96_int8",
    "mlperf_tiny/ad_autoencoder_int8",
    "mlperf_tiny/sww_dscnn1d_int8",
    "micro_wake_word/alexa_v2",
    "micro_wake_word/hey_jarvis_v2",
    "micro_wake_word/okay_nabu_v2",
    "micro_wake_word/vad_v2",
    "tflm/hello_world_int8",
    "tflm/micro_speech_int8",
    "tflm/person_detect_int8",
};
constexpr uint32_t kFirstSeed = 100'000;  // the fit takes no more than some hundred from 1 on
constexpr uint32_t kSeeds = 12;           // of each kind of random graph

class Estimates : public testing::TestWithParam<chip::Toolchain> {
  protected:
    Estimates()
        : target_(compile::target_by_name(GetParam().target)),
          work_(fs::path(testing::TempDir()) / fmt::format("ganglion_estimates_{}", target_.name)) {
        fs::create_directories(work_);
    }
    ~Estimates() override { fs::remove_all(work_); }

    void add(const std::string& name, const model::Graph& graph) {
        compile::Lowered lowered = compile::lower(graph, target_, {});
        RandomGraph random(1);
        const compile::Lowered flat = unrolled(lowered);
        cases_.push_back({compile::write_program(flat), random.values(flat.inputs[0].bytes)});
        names_.push_back(name);
        programs_.push_back(flat);
    }

    /// Relative errors of the graphs' kernels.
    std::vector<double> errors() {
        const std::vector<uint64_t> counts = profile(GetParam(), work_, cases_);
        const auto model = compile::cost::CostModel::of(target_);
        std::vector<double> errors;
        auto count = counts.begin();
        for (const compile::Lowered& program : programs_) {
            double counted = 0;
            double estimated = 0;
            for (const compile::Operation& operation : program.operations) {
                counted += static_cast<double>(*count++);
                estimated += model->kernel(operation, program.constants).value();
            }
            errors.push_back(estimated / counted - 1);
        }
        EXPECT_EQ(count, counts.end());
        return errors;
    }

    compile::Target target_;
    fs::path work_;
    std::vector<ProfileCase> cases_;
    std::vector<compile::Lowered> programs_;
    std::vector<std::string> names_;
};

TEST_P(Estimates, OfReferenceModelsErrByTwoPercent) {
    GANGLION_NEEDS_SHARED("models");
    for (const char* name : kModels) {
        add(name, model::read_tflite_file(tests::shared_dir() / "models" /
                                          (std::string(name) + ".tflite")));
    }
    const std::vector<double> all = errors();
    for (size_t i = 0; i < all.size(); ++i) EXPECT_LE(std::abs(all[i]), 0.02) << names_[i];
}

/// Graphs that the fit has never seen; the smallest take a few hundred instructions.
TEST_P(Estimates, OfOtherGraphsErrByLittle) {
    const auto add_all = [&](const compile::RandomCase& row) {
        for (uint32_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
            RandomGraph random(seed);
            add(fmt::format("{} {}", row.name, seed), row.make(random));
        }
    };
    for (const compile::RandomCase& row : kCostCases) add_all(row);
    for (const compile::RandomCase& row : compile::kRandomCases) {
        if (row.name == "chain" || row.name == "network") add_all(row);
    }
    const std::vector<double> all = errors();
    double sum = 0;
    for (size_t i = 0; i < all.size(); ++i) {
        sum += std::abs(all[i]);
        EXPECT_LE(std::abs(all[i]), 0.15) << names_[i];
    }
    EXPECT_LE(sum / static_cast<double>(all.size()), 0.02);
}

/// Calls and dispatch included: an inference of a thousand instructions, in both forms.
TEST_P(Estimates, OfBothFormsHoldForTheSmallestModel) {
    GANGLION_NEEDS_SHARED("models/tflm");
    const model::Graph graph =
        model::read_tflite_file(tests::shared_dir() / "models/tflm/hello_world_int8.tflite");
    const compile::CompiledModel compiled = compile::compile(graph, target_);
    compile::emit_cpp(graph, target_, work_);
    const ChipImages images(GetParam(), work_);
    const auto linked = static_cast<double>(images.run_linked({7}).instructions.at(0));
    const auto loaded =
        static_cast<double>(images.run_loaded({7}, compiled.program).instructions.at(0));
    EXPECT_NEAR(static_cast<double>(compiled.report.estimated_instructions), linked, 0.02 * linked);
    EXPECT_NEAR(static_cast<double>(compiled.report.estimated_loaded_instructions), loaded,
                0.02 * loaded);
}

INSTANTIATE_TEST_SUITE_P(Targets, Estimates, testing::ValuesIn(chip::kToolchains),
                         [](const auto& parameter) {
                             std::string name(parameter.param.target);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(FitCosts, FindsNoProcessorThatIsNotThere) {
    CostFit fit;
    fit.work = testing::TempDir();
    fit.targets = {"cortex-m99"};
    EXPECT_THROW((void)fit_costs(fit), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::bench
