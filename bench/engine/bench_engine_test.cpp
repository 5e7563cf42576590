#include "bench/engine/bench_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/shared.hpp"

namespace ganglion::bench {
namespace {

EngineBench bench_in(const char* folder) {
    EngineBench bench;
    bench.shared = tests::shared_dir();
    bench.work = std::filesystem::path(testing::TempDir()) / folder;
    return bench;
}

TEST(BenchEngine, SaysWhatIsMissing) {
    EngineBench bench = bench_in("ganglion_bench_missing");
    bench.shared = "/nonexistent";
    EXPECT_THROW((void)bench_engine(bench), std::runtime_error);
}

TEST(BenchEngine, RefusesNamesItDoesNotKnow) {
    GANGLION_NEEDS_SHARED("models");
    EngineBench bench = bench_in("ganglion_bench_names");
    bench.models = {"kwz"};
    EXPECT_THROW((void)bench_engine(bench), std::runtime_error);
    bench.models = {};
    bench.targets = {"cortex-m99"};
    EXPECT_THROW((void)bench_engine(bench), std::runtime_error);
}

class BenchEngineGoals : public testing::TestWithParam<const char*> {};

/// The ratios that the project promises hold at each run.
TEST_P(BenchEngineGoals, AreReached) {
    GANGLION_NEEDS_SHARED("models");
    EngineBench bench = bench_in((std::string("ganglion_bench_") + GetParam()).c_str());
    bench.targets = {GetParam()};
    const std::vector<Row> rows = bench_engine(bench);
    size_t goals = 0;
    for (const Row& row : rows) {
        if (!row.goal) continue;
        ++goals;
        EXPECT_TRUE(is_met(row).value_or(false)) << to_text({row});
    }
    EXPECT_GT(goals, 20U);
    std::filesystem::remove_all(bench.work);
}

INSTANTIATE_TEST_SUITE_P(Targets, BenchEngineGoals,
                         testing::Values("cortex-m4", "cortex-m55", "cortex-m3", "cortex-m0"),
                         [](const auto& parameter) {
                             std::string name = parameter.param;
                             name[name.find('-')] = '_';
                             return name;
                         });

}  // namespace
}  // namespace ganglion::bench
