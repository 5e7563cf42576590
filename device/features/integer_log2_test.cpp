#include "device/features/integer_log2.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>

namespace ganglion {
namespace {

TEST(IntegerLog2, IsWithinOneStepEverywhere) {
    EXPECT_EQ(log2_q8(0), 0);
    for (uint32_t bit = 0; bit < 64; ++bit) EXPECT_EQ(log2_q8(uint64_t{1} << bit), bit * 256);
    EXPECT_EQ(log2_q8(UINT64_MAX), 64 * 256);
    std::mt19937_64 random(1);
    for (int i = 0; i < 100000; ++i) {
        const uint64_t value = (random() >> (random() % 64)) | 1U;
        EXPECT_NEAR(log2_q8(value), std::log2(static_cast<double>(value)) * 256, 0.6);
    }
}

TEST(IntegerLog2, NeverFalls) {
    int32_t last = 0;
    for (uint64_t value = 1; value < 300000; ++value) {
        ASSERT_GE(log2_q8(value), last) << value;
        last = log2_q8(value);
    }
}

}  // namespace
}  // namespace ganglion
