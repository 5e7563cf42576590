#include "bench/engine/bench_engine.hpp"

#include <gtest/gtest.h>

#include "tests/shared.hpp"

namespace ganglion::bench {
namespace {

TEST(BenchEngine, SaysWhatIsMissing) {
    EXPECT_THROW((void)bench_engine("/nonexistent", testing::TempDir()), std::runtime_error);
}

/// The ratios that the project promises hold at each run.
TEST(BenchEngine, ReachesItsInstructionGoals) {
    GANGLION_NEEDS_SHARED("models");
    const auto work = std::filesystem::path(testing::TempDir()) / "ganglion_bench_engine";
    const std::vector<Row> rows = bench_engine(tests::shared_dir(), work);
    ASSERT_FALSE(rows.empty());
    for (const Row& row : rows) {
        if (!row.goal || !row.peer_value || row.unit != "instructions") continue;
        if (row.name.find("loaded") != std::string::npos) continue;
        EXPECT_LE(row.value / *row.peer_value, *row.goal) << row.name;
    }
    std::filesystem::remove_all(work);
}

}  // namespace
}  // namespace ganglion::bench
