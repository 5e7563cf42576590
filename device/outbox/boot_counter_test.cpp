#include "device/outbox/boot_counter.hpp"

#include <gtest/gtest.h>

#include "device/flash/simulated_flash.hpp"

namespace ganglion {
namespace {

TEST(boot_counter, counts_from_one_through_many_blocks) {
    SimulatedFlash flash(3);
    for (uint32_t expected = 1; expected <= 2000; ++expected) {
        uint32_t boot = 0;
        ASSERT_EQ(BootCounter(flash, Flash::kBlockBytes).next(0, boot), Status::ok);
        ASSERT_EQ(boot, expected);
    }
    for (uint32_t i = 0; i < Flash::kBlockBytes; ++i) ASSERT_EQ(flash.memory()[i], 0xff);
}

TEST(boot_counter, goes_beyond_what_is_already_used) {
    SimulatedFlash flash(2);
    uint32_t boot = 0;
    ASSERT_EQ(BootCounter(flash, 0).next(41, boot), Status::ok);
    EXPECT_EQ(boot, 42U);
    ASSERT_EQ(BootCounter(flash, 0).next(7, boot), Status::ok);
    EXPECT_EQ(boot, 43U);
}

TEST(boot_counter, works_on_flash_full_of_rubbish) {
    for (int fill : {0x00, 0x5a}) {
        SimulatedFlash flash(2);
        std::fill(flash.memory().begin(), flash.memory().end(), static_cast<uint8_t>(fill));
        uint32_t boot = 0;
        ASSERT_EQ(BootCounter(flash, 0).next(0, boot), Status::ok);
        EXPECT_EQ(boot, 1U);
        ASSERT_EQ(BootCounter(flash, 0).next(0, boot), Status::ok);
        EXPECT_EQ(boot, 2U);
    }
}

// Every start is cut within its first or second operation, over both changes of block.
TEST(boot_counter, no_id_twice_with_power_cut_at_any_operation) {
    for (uint32_t seed = 0; seed < 40; ++seed) {
        SimulatedFlash flash(2);
        uint32_t last = 0;
        unsigned cuts = 0;
        for (uint32_t start = 0; start < 1200; ++start) {
            flash.cut_after(start % 5, seed);
            uint32_t boot = 0;
            const Status status = BootCounter(flash, 0).next(0, boot);
            if (status == Status::ok) {
                ASSERT_GT(boot, last);
                last = boot;
            } else {
                ASSERT_TRUE(flash.dead());
                ++cuts;
            }
            flash.restore_power();
        }
        EXPECT_GT(cuts, 200U);
        EXPECT_GT(last, 256U);
    }
}

}  // namespace
}  // namespace ganglion
