#include "compile/cost/cost.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "compile/compile.hpp"
#include "compile/lower.hpp"
#include "compile/testing/random_cases.hpp"
#include "model/tflite.hpp"
#include "paths.hpp"

namespace ganglion::compile {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEmulated[] = {"cortex-m0",  "cortex-m3",  "cortex-m4", "cortex-m7",
                                     "cortex-m33", "cortex-m55", "rv32imc"};

/// No operation that a program for an emulated processor can have is without coefficients.
TEST(Cost, KnowsEveryOperationOfTheFixtures) {
    for (const char* name : kEmulated) {
        const Target target = target_by_name(name);
        for (const auto& file :
             fs::directory_iterator(fs::path(GANGLION_SOURCE_DIR) / "compile/fixtures")) {
            if (file.path().extension() != ".tflite") continue;
            const Lowered lowered = lower(model::read_tflite_file(file.path()), target, {});
            const auto model = cost::CostModel::of(target);
            for (const Operation& operation : lowered.operations) {
                if (std::holds_alternative<RepeatOp>(operation)) continue;
                EXPECT_TRUE(model->kernel(operation, lowered.constants).has_value())
                    << name << " " << kernel_name(header_of(operation).kind);
            }
            EXPECT_EQ(lowered.report.estimated_instructions > 0, !lowered.operations.empty())
                << name << file.path();
        }
    }
}

/// A loop's line has all that it runs, the lines inside it nothing, as in emulation.
TEST(Cost, CountsLoopsAtTheirOwnLine) {
    const Target target = target_by_name("cortex-m4");
    size_t loops = 0;
    for (uint32_t seed = 1; seed <= 20; ++seed) {
        const Lowered lowered =
            lower(RandomGraph(seed).chain(), target, CompileOptions{.ram_bytes = 0});
        for (size_t i = 0; i < lowered.operations.size(); ++i) {
            const auto* loop = std::get_if<RepeatOp>(&lowered.operations[i]);
            if (loop == nullptr) continue;
            ++loops;
            const auto model = cost::CostModel::of(target);
            double body = 0;
            for (uint32_t n = 1; n <= loop->operation_count; ++n) {
                body += loop->turns *
                        model->kernel(lowered.operations[i + n], lowered.constants).value();
                EXPECT_EQ(lowered.report.layers[i + n].estimated_instructions, 0U);
            }
            EXPECT_GT(static_cast<double>(lowered.report.layers[i].estimated_instructions), body);
        }
    }
    EXPECT_GT(loops, 0U);
}

TEST(Cost, IsNotKnownWhereNothingIsCounted) {
    EXPECT_FALSE(cost::CostModel::of(target_by_name("x86-64")).has_value());
    EXPECT_FALSE(cost::CostModel::of(target_by_name("portable")).has_value());
}

}  // namespace
}  // namespace ganglion::compile
