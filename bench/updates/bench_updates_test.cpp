#include "bench/updates/bench_updates.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/updates/bench_rollouts.hpp"

namespace ganglion::bench {
namespace {

TEST(bench_updates, a_delta_is_compared_with_the_whole) {
    std::vector<uint8_t> base(5000);
    for (size_t i = 0; i < base.size(); ++i) base[i] = static_cast<uint8_t>(i * i >> 3);
    std::vector<uint8_t> image = base;
    image[100] ^= 1;
    const Row row = delta_row("x", base, image, 0.15);
    EXPECT_EQ(row.bench, "updates");
    EXPECT_EQ(row.peer_value, 5000);
    EXPECT_GT(row.value, 0);
    EXPECT_LT(row.value, 100);
}

TEST(bench_updates, the_updater_keeps_within_its_ram) {
    for (const Row& row : memory_rows()) EXPECT_LE(row.value, *row.goal) << row.name;
}

TEST(bench_updates, only_elf_files_are_loaded) {
    EXPECT_THROW(load_elf(__FILE__), std::runtime_error);
    EXPECT_THROW(load_elf("/no/such/file"), std::runtime_error);
    EXPECT_TRUE(boot_loader_rows("/no/such/file").empty());
}

const Progress kSilent = [](const std::string&, double) {};

double value_of(const std::vector<Row>& rows, const std::string& name) {
    const auto row =
        std::ranges::find_if(rows, [&](const Row& one) { return one.name.ends_with(name); });
    EXPECT_NE(row, rows.end()) << name;
    return row == rows.end() ? -1 : row->value;
}

TEST(bench_updates, a_simulated_fleet_takes_a_release_though_its_server_is_killed) {
    const auto rows = fleet_rows(3000, kSilent);
    EXPECT_EQ(value_of(rows, ": devices lost"), 0);
    EXPECT_EQ(value_of(rows, ": server killed in the midst of a wave"), 2);
    // 1 % fail, half a percent never comes back.
    EXPECT_GT(value_of(rows, ": devices that have the release"), 0.97 * 3000);
    EXPECT_LT(value_of(rows, ": devices that have the release"), 0.997 * 3000);
    EXPECT_LT(value_of(rows, "95th percentile"), 200);
}

TEST(bench_updates, gates_tell_worse_releases_from_good_ones) {
    for (const Row& row : gate_rows(4, kSilent)) EXPECT_EQ(row.value, 0) << row.name;
}

TEST(bench_updates, devices_on_real_connections_take_a_release_though_all_is_killed) {
    const auto rows = connection_rows(100, kSilent);
    EXPECT_EQ(value_of(rows, ": connected at once"), 100);
    EXPECT_EQ(value_of(rows, ": devices lost"), 0);
    EXPECT_EQ(value_of(rows, ": devices that have the release"), 96);
    EXPECT_EQ(value_of(rows, ": devices named with a reason"), 4);
}

}  // namespace
}  // namespace ganglion::bench
