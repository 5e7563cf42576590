#include "bench/fleet/bench_fleet.hpp"

#include <gtest/gtest.h>

#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::bench {
namespace {

TEST(BenchFleet, insight_reaches_its_goals) {
    for (const Row& row : insight_rows())
        EXPECT_TRUE(is_met(row).value_or(false)) << row.name << ": " << row.value;
}

TEST(BenchFleet, a_page_is_answered_in_time) {
    const fleet::testing::TemporaryDirectory directory;
    const auto rows = query_rows(directory.path() / "store", 200, 20'000);
    EXPECT_EQ(rows.size(), 13U);
    for (const Row& row : rows) EXPECT_TRUE(is_met(row).value_or(false)) << row.name << row.value;
}

TEST(BenchFleet, postgres_is_asked_the_same) {
    const auto rows = postgres_rows(200, 20'000);
    if (rows.empty()) GTEST_SKIP() << "no PostgreSQL on this machine";
    EXPECT_EQ(rows.size(), 16U);
    for (const Row& row : rows) EXPECT_GT(row.value, 0) << row.name;
}

TEST(BenchFleet, what_devices_send_arrives_and_is_stored) {
    const fleet::testing::TemporaryDirectory directory;
    for (const Row& row : end_to_end_rows(directory.path() / "state", 400)) EXPECT_GT(row.value, 0);
    for (const Row& row : registry_rows(directory.path() / "store", 5000)) EXPECT_GT(row.value, 0);
}

}  // namespace
}  // namespace ganglion::bench
