#include "device/flash/record_log.hpp"

#include <gtest/gtest.h>

#include <array>

#include "device/flash/simulated_flash.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kMagic = 0x1234;
using Payload = std::array<uint8_t, 20>;

Payload payload_of(uint32_t number) {
    Payload payload;
    for (size_t i = 0; i < payload.size(); ++i)
        payload[i] = static_cast<uint8_t>(number * 31 + i * 7);
    return payload;
}

struct RecordLogTest : testing::Test {
    SimulatedFlash flash{RecordLog::kBlocks + 1};
    RecordLog log{flash, Flash::kBlockBytes, Payload().size(), kMagic};

    void expect_newest(uint32_t expected) {
        uint32_t number = 0;
        Payload payload{};
        ASSERT_EQ(log.newest(number, payload), Status::ok);
        ASSERT_EQ(number, expected);
        if (number != 0) {
            ASSERT_EQ(payload, payload_of(number));
        }
    }
};

TEST_F(RecordLogTest, starts_empty_and_keeps_the_newest_through_many_blocks) {
    expect_newest(0);
    for (uint32_t number = 1; number <= 1000; ++number) {
        ASSERT_EQ(log.append(number, payload_of(number)), Status::ok);
        expect_newest(number);
    }
    EXPECT_EQ(flash.erases()[0], 0U);
    EXPECT_LE(flash.erases()[1], 1000U / (Flash::kBlockBytes / 32) / 2 + 1);
}

TEST_F(RecordLogTest, records_of_another_log_do_not_count) {
    ASSERT_EQ(RecordLog(flash, Flash::kBlockBytes, Payload().size(), 99).append(7, payload_of(7)),
              Status::ok);
    expect_newest(0);
    ASSERT_EQ(log.append(1, payload_of(1)), Status::ok);
    expect_newest(1);
}

TEST_F(RecordLogTest, a_flipped_bit_costs_only_its_record) {
    for (uint32_t number = 1; number <= 2; ++number)
        ASSERT_EQ(log.append(number, payload_of(number)), Status::ok);
    flash.flip((Flash::kBlockBytes + 2 * 32 + 9) * 8 + 3);
    expect_newest(1);
}

TEST_F(RecordLogTest, steps_over_a_block_that_takes_nothing) {
    ASSERT_EQ(log.append(1, payload_of(1)), Status::ok);
    for (const bool silent : {false, true}) {
        flash.wear_out(1, silent);
        const uint32_t number = silent ? 3 : 2;
        ASSERT_EQ(log.append(number, payload_of(number)), Status::ok);
        expect_newest(number);
    }
    flash.wear_out(2, true);
    EXPECT_EQ(log.append(4, payload_of(4)), Status::io_error);
    expect_newest(3);
}

TEST(record_log_power_cut, leaves_the_old_record_or_the_new_one) {
    for (uint32_t seed = 0; seed < 20; ++seed) {
        SimulatedFlash flash(RecordLog::kBlocks);
        RecordLog log(flash, 0, Payload().size(), kMagic);
        uint32_t committed = 0;
        unsigned cuts = 0;
        for (uint32_t step = 0; step < 600; ++step) {
            uint32_t number = 0;
            Payload payload{};
            ASSERT_EQ(log.newest(number, payload), Status::ok);
            ASSERT_TRUE(number == committed || number == committed + 1);
            if (number != 0) {
                ASSERT_EQ(payload, payload_of(number));
            }
            flash.cut_after(step % 3, seed);
            if (log.append(number + 1, payload_of(number + 1)) == Status::ok)
                committed = number + 1;
            else
                committed = number;
            cuts += flash.dead() ? 1 : 0;
            flash.restore_power();
        }
        EXPECT_GT(cuts, 150U);
        EXPECT_GT(committed, 128U * 2);
    }
}

}  // namespace
}  // namespace ganglion
