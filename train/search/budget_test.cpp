#include "train/search/budget.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ganglion::train {
namespace {

std::string error_of(const char* text) {
    try {
        parse_budget(text);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "no error";
}

TEST(SearchBudget, ReadsMemoryTimeProcessorAndClock) {
    const auto budget = parse_budget("ram=16KB,flash=64KB,ms=10@cortex-m4:64MHz");
    EXPECT_EQ(budget.ram_bytes, 16384U);
    EXPECT_EQ(budget.flash_bytes, 65536U);
    EXPECT_EQ(budget.milliseconds, 10);
    EXPECT_EQ(budget.target, "cortex-m4");
    EXPECT_EQ(budget.clock_hz, 64e6);
    EXPECT_EQ(parse_budget("ram=5000").ram_bytes, 5000U);
    EXPECT_FALSE(parse_budget("ram=5000").flash_bytes.has_value());
    EXPECT_FALSE(parse_budget("").milliseconds.has_value());
    EXPECT_EQ(parse_budget("ms=2.5@cortex-m0:48000kHz").clock_hz, 48e6);
}

TEST(SearchBudget, SaysWhichPartIsWrong) {
    EXPECT_EQ(error_of("ram=16XB"),
              "--budget: \"ram=16XB\": \"XB\" is no unit of memory (B, KB, MB); write e.g. "
              "ram=16KB,flash=64KB,ms=10@cortex-m4:64MHz");
    for (const char* wrong :
         {"rom=1KB", "ram", "ram=", "ram=-1", "ram=0", "ms=10", "ms=10@cortex-m4",
          "ms=10@cortex-m4:64", "ram=9000MB", "ms=10@z80:4MHz", "ram=1KB,,"}) {
        EXPECT_NE(error_of(wrong), "no error") << wrong;
    }
}

TEST(SearchBudget, NamesWhatIsExceeded) {
    const auto budget = parse_budget("ram=1KB,flash=2KB,ms=1@cortex-m4:1MHz");
    SearchCost cost{1024, 2048, 10, 1000, 2};
    EXPECT_EQ(exceeded(cost, budget), "");
    EXPECT_EQ(cost.instructions_per_second(), 2000);
    cost.instructions = 1500;
    EXPECT_EQ(exceeded(cost, budget), "1.50 of 1 ms");
    cost.flash_bytes = 2049;
    EXPECT_EQ(exceeded(cost, budget), "flash 2049 of 2048 bytes");
    cost.ram_bytes = 1025;
    EXPECT_EQ(exceeded(cost, budget), "RAM 1025 of 1024 bytes");
    EXPECT_EQ(exceeded(cost, {}), "");
}

}  // namespace
}  // namespace ganglion::train
