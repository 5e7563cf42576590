#include "bench/coordination/bench_coordination.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace ganglion::bench {
namespace {

// The bench in small, on generated loads: what must hold at any size holds, and its rows are there.
class CoordinationBenchTest : public ::testing::Test {
  protected:
    CoordinationBenchTest() {
        bench_.scene.homes = 200;
        bench_.scene.days = 1;
        bench_.scene.data.clear();
        bench_.fault_episodes = 12;
        bench_.cycle_homes = {1000};
    }
    static const Row& named(const std::vector<Row>& rows, const std::string& name) {
        const auto row =
            std::ranges::find_if(rows, [&](const Row& one) { return one.name.starts_with(name); });
        if (row == rows.end()) throw std::runtime_error("no row " + name);
        return *row;
    }

    CoordinationBench bench_;
};

TEST_F(CoordinationBenchTest, the_coordinator_keeps_limits_and_beats_local_rules) {
    const std::vector<Row> rows = grid_rows(bench_);
    for (const Row& row : rows) {
        if (row.name.starts_with("feeder steps beyond their limit") && row.goal) {
            EXPECT_EQ(row.value, 0) << row.name;
        }
    }
    EXPECT_GT(named(rows, "feeder steps beyond their limit, no coordination").value, 0);
    EXPECT_TRUE(is_met(named(rows, "imbalance, RMS of quarter hours")).value());
    EXPECT_TRUE(is_met(named(rows, "peak")).value());
    const Row& cost = named(rows, "cost");
    EXPECT_LT(cost.value, 1.1 * *cost.peer_value);
    EXPECT_LT(cost.value, named(rows, "cost, local rules only").value);
    EXPECT_LT(named(rows, "bytes per home and hour").value, 0.06 * 14'400);
}

TEST_F(CoordinationBenchTest, most_faults_are_found_and_few_healthy_suspected) {
    const std::vector<Row> rows = fault_rows(bench_);
    EXPECT_LT(named(rows, "faults missed after 3 cycles, all").value, 20);
    EXPECT_LT(named(rows, "healthy meters and feeders suspected").value, 1);
}

TEST_F(CoordinationBenchTest, a_cycle_of_a_thousand_homes_is_short) {
    const std::vector<Row> rows = cycle_rows(bench_);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_GT(rows[0].value, 0);
    EXPECT_LT(rows[0].value, 2);
}

}  // namespace
}  // namespace ganglion::bench
