#include "device/flash/flash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace ganglion {
namespace {

struct FlashTest : testing::Test {
    std::vector<uint8_t> memory = std::vector<uint8_t>(2 * Flash::kBlockBytes, 0xff);
    MappedFlash flash{memory};
};

TEST_F(FlashTest, bits_only_clear) {
    const std::array<uint8_t, 8> first{0xf0, 1, 2, 3, 4, 5, 6, 7};
    EXPECT_EQ(flash.program(8, first), Status::ok);
    std::array<uint8_t, 8> cleared = first;
    cleared[0] = 0x30;
    EXPECT_EQ(flash.program(8, cleared), Status::ok);
    EXPECT_EQ(flash.program(8, first), Status::bad_value);
    std::array<uint8_t, 8> read{};
    EXPECT_EQ(flash.read(8, read), Status::ok);
    EXPECT_EQ(read, cleared);
}

TEST_F(FlashTest, refused_program_writes_nothing) {
    const std::array<uint8_t, 8> zero{};
    EXPECT_EQ(flash.program(8, zero), Status::ok);
    std::array<uint8_t, 16> both{};
    both[15] = 1;
    EXPECT_EQ(flash.program(0, both), Status::bad_value);
    EXPECT_EQ(memory[0], 0xff);
}

TEST_F(FlashTest, erase_sets_one_block) {
    const std::array<uint8_t, 8> zero{};
    EXPECT_EQ(flash.program(0, zero), Status::ok);
    EXPECT_EQ(flash.program(Flash::kBlockBytes, zero), Status::ok);
    EXPECT_EQ(flash.erase(Flash::kBlockBytes), Status::ok);
    EXPECT_EQ(memory[0], 0);
    EXPECT_EQ(memory[Flash::kBlockBytes], 0xff);
}

TEST_F(FlashTest, bounds_and_granules) {
    std::array<uint8_t, 8> granule{};
    std::array<uint8_t, 4> half{};
    const uint32_t size = flash.size();
    EXPECT_EQ(flash.program(4, granule), Status::bad_offset);
    EXPECT_EQ(flash.program(0, half), Status::bad_offset);
    EXPECT_EQ(flash.program(size, granule), Status::bad_offset);
    EXPECT_EQ(flash.program(0xfffffff8, granule), Status::bad_offset);
    EXPECT_EQ(flash.read(size - 4, granule), Status::bad_offset);
    EXPECT_EQ(flash.erase(8), Status::bad_offset);
    EXPECT_EQ(flash.erase(size), Status::bad_offset);
    EXPECT_EQ(flash.program(size - 8, granule), Status::ok);
}

}  // namespace
}  // namespace ganglion
