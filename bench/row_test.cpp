#include "bench/row.hpp"

#include <gtest/gtest.h>

namespace ganglion::bench {
namespace {

TEST(BenchRow, GivesTheSchemaWithTheRatio) {
    const auto json = to_json({{"engine", "kws", 50, "instructions", "peer", 100, 0.62}});
    ASSERT_EQ(json.size(), 1U);
    EXPECT_EQ(json[0].dump(),
              R"({"bench":"engine","case":"kws","goal":0.62,"peer":"peer","peer_value":100.0,)"
              R"("ratio":0.5,"unit":"instructions","value":50.0})");
}

TEST(BenchRow, LeavesUnknownsNull) {
    const auto json = to_json({{"engine", "kws", 50, "bytes", "", {}, {}}});
    EXPECT_TRUE(json[0]["peer"].is_null());
    EXPECT_TRUE(json[0]["peer_value"].is_null());
    EXPECT_TRUE(json[0]["ratio"].is_null());
    EXPECT_TRUE(json[0]["goal"].is_null());
}

TEST(BenchRow, PrintsADashForUnknowns) {
    const std::string text = to_text({{"engine", "kws", 50, "bytes", "", {}, {}}});
    EXPECT_NE(text.find('-'), std::string::npos);
    EXPECT_NE(text.find("50"), std::string::npos);
}

}  // namespace
}  // namespace ganglion::bench
