#include "bench/updates/bench_updates.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace ganglion::bench
