#include "device/learn/learned_store.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "device/flash/simulated_flash.hpp"

namespace ganglion {
namespace {

constexpr LearnedStore::Key kKey = {1, 2, 3, 4, 5, 6, 7, 8};
constexpr LearnedStore::Key kOther = {8, 7, 6, 5, 4, 3, 2, 1};
constexpr uint32_t kHalf = 2 * Flash::kBlockBytes;
constexpr uint32_t kBlocks = 1 + 2 * kHalf / Flash::kBlockBytes;

// Sizes of three records a half, not whole granules.
std::vector<uint8_t> learned_at(uint32_t step) {
    std::vector<uint8_t> bytes(2001 + step % 5);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(step * 37 + i * 11);
    return bytes;
}

std::vector<uint8_t> load(SimulatedFlash& flash, const LearnedStore::Key& key = kKey) {
    std::vector<uint8_t> bytes(kHalf);
    uint32_t size = 99;
    EXPECT_EQ(LearnedStore(flash, Flash::kBlockBytes, kHalf).load(key, bytes, size), Status::ok);
    bytes.resize(size);
    return bytes;
}

struct LearnedStoreTest : testing::Test {
    SimulatedFlash flash{kBlocks};
    LearnedStore store{flash, Flash::kBlockBytes, kHalf};
};

TEST_F(LearnedStoreTest, gives_back_the_newest_and_spreads_the_erases) {
    EXPECT_TRUE(load(flash).empty()) << "the factory state";
    for (uint32_t step = 1; step <= 60; ++step) {
        ASSERT_EQ(store.save(kKey, learned_at(step)), Status::ok);
        ASSERT_EQ(load(flash), learned_at(step));
    }
    EXPECT_EQ(flash.erases()[0], 0U) << "not its own";
    for (uint32_t block = 1; block < kBlocks; ++block) EXPECT_LE(flash.erases()[block], 11U);
}

TEST_F(LearnedStoreTest, is_of_one_bundle_and_can_go_back_to_the_factory_state) {
    ASSERT_EQ(store.save(kKey, learned_at(1)), Status::ok);
    EXPECT_TRUE(load(flash, kOther).empty());
    ASSERT_EQ(store.forget(), Status::ok);
    EXPECT_TRUE(load(flash).empty());
    ASSERT_EQ(store.save(kKey, learned_at(2)), Status::ok);
    EXPECT_EQ(load(flash), learned_at(2));
}

TEST_F(LearnedStoreTest, refuses_what_half_of_it_does_not_hold) {
    const std::vector<uint8_t> most(kHalf - LearnedStore::kRecordOverhead, 7);
    EXPECT_EQ(store.save(kKey, most), Status::ok);
    EXPECT_EQ(load(flash), most);
    EXPECT_EQ(store.save(kKey, std::vector<uint8_t>(most.size() + 1)), Status::too_large);
    EXPECT_EQ(load(flash), most);
}

TEST_F(LearnedStoreTest, a_worn_half_does_not_cost_what_is_stored) {
    ASSERT_EQ(store.save(kKey, learned_at(1)), Status::ok);
    flash.wear_out(3, true);
    flash.wear_out(4, true);
    uint32_t last = 1;
    for (uint32_t step = 2; step < 12; ++step) {
        if (store.save(kKey, learned_at(step)) == Status::ok) last = step;
        ASSERT_EQ(load(flash), learned_at(last));
    }
}

TEST_F(LearnedStoreTest, a_flipped_bit_costs_only_its_record) {
    ASSERT_EQ(store.save(kKey, learned_at(1)), Status::ok);
    ASSERT_EQ(store.save(kKey, learned_at(2)), Status::ok);
    const size_t second = Flash::kBlockBytes + LearnedStore::kRecordOverhead + 2008;
    flash.flip((second + 300) * 8 + 1);
    EXPECT_EQ(load(flash), learned_at(1));
}

// One save after another until the power fails; afterwards the last one that returned ok is there,
// or the one that was cut, at this start and, once another was saved, at every later one.
TEST(LearnedStorePower, cut_within_any_operation_leaves_the_last_state_or_the_next) {
    uint32_t cuts = 0;
    for (uint64_t operation = 0; operation < 60; ++operation) {
        for (uint32_t seed = 0; seed < 8; ++seed) {
            SimulatedFlash flash(kBlocks);
            flash.cut_after(operation, seed);
            uint32_t saved = 0;
            {
                LearnedStore store(flash, Flash::kBlockBytes, kHalf);
                while (store.save(kKey, learned_at(saved + 1)) == Status::ok) ++saved;
            }
            ASSERT_TRUE(flash.dead());
            flash.restore_power();
            ++cuts;
            const auto kept = load(flash);
            const auto before = saved == 0 ? std::vector<uint8_t>() : learned_at(saved);
            ASSERT_TRUE(kept == before || kept == learned_at(saved + 1))
                << "operation " << operation << ", seed " << seed;
            for (uint32_t start = 1; start <= 3; ++start) {
                LearnedStore store(flash, Flash::kBlockBytes, kHalf);
                const auto next = learned_at(100 + start);
                ASSERT_EQ(store.save(kKey, next), Status::ok);
                flash.start_anew();
                ASSERT_EQ(load(flash), next) << "operation " << operation << ", seed " << seed;
            }
        }
    }
    EXPECT_EQ(cuts, 480U);
}

}  // namespace
}  // namespace ganglion
