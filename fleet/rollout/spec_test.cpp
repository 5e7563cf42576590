#include "fleet/rollout/spec.hpp"

#include <gtest/gtest.h>

namespace ganglion::fleet {
namespace {

using nlohmann::json;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kDay = 24 * 60 * kMinute;
constexpr int64_t kMonday = 4 * kDay;  // 5 January 1970

TEST(rollout_spec, comes_back_as_it_was) {
    const json given = json::parse(R"({"release": "ab", "name": "n", "application": "wake_word",
        "stages": [{"share": 0.1, "wait_s": 5}, {"share": 1, "wait_s": 0}],
        "windows": [{"days": [5, 6], "from": "22:30", "to": "05:00"}], "concurrency": 7,
        "gates": {"alert_ratio": 2}})");
    const json written = to_json(read_spec(given));
    EXPECT_EQ(to_json(read_spec(written)), written);
    EXPECT_EQ(written["windows"], given["windows"]);
    EXPECT_EQ(written["gates"]["alert_ratio"], 2);
    EXPECT_EQ(written["gates"]["failures"], 0.05);
}

TEST(rollout_spec, says_what_is_wrong) {
    for (const char* text :
         {R"([])", R"({})", R"({"release": "a", "stage": 1})",
          R"({"release": "a", "stages": [{"share": 0}]})",
          R"({"release": "a", "stages": [{"share": 0.5}, {"share": 0.5}]})",
          R"({"release": "a", "stages": [{"share": 1.5}]})",
          R"({"release": "a", "windows": [{"from": "25:00", "to": "05:00"}]})",
          R"({"release": "a", "windows": [{"from": "05:00x", "to": "06:00"}]})",
          R"({"release": "a", "windows": [{"days": [7], "from": "05:00", "to": "06:00"}]})",
          R"({"release": "a", "concurrency": 0})", R"({"release": "a", "concurrency": "many"})",
          R"({"release": "a", "gates": {"alert_ratio": 0.5}})",
          R"({"release": "a", "gates": {"luck": 1}})"})
        EXPECT_THROW(read_spec(json::parse(text)), BadSpec) << text;
}

TEST(rollout_spec, windows_over_midnight_belong_to_the_day_they_begin) {
    const std::vector<Window> friday{{{4}, 22 * 60, 5 * 60}};
    EXPECT_FALSE(is_open(friday, kMonday + 4 * kDay + 21 * 60 * kMinute));
    EXPECT_TRUE(is_open(friday, kMonday + 4 * kDay + 23 * 60 * kMinute));
    EXPECT_TRUE(is_open(friday, kMonday + 5 * kDay + 4 * 60 * kMinute));
    EXPECT_FALSE(is_open(friday, kMonday + 5 * kDay + 5 * 60 * kMinute));
    EXPECT_FALSE(is_open(friday, kMonday + 5 * kDay + 23 * 60 * kMinute));
    EXPECT_FALSE(is_open(friday, kMonday + 4 * kDay + 4 * 60 * kMinute));
    EXPECT_TRUE(is_open({}, kMonday));
    const std::vector<Window> noon{{{}, 12 * 60, 13 * 60}};
    EXPECT_TRUE(is_open(noon, kMonday + 12 * 60 * kMinute));
    EXPECT_FALSE(is_open(noon, kMonday + 13 * 60 * kMinute));
}

TEST(rollout_spec, patterns) {
    EXPECT_TRUE(matches("speaker-*", "speaker-01"));
    EXPECT_TRUE(matches("*-0?", "motor-07"));
    EXPECT_TRUE(matches("a*b*c", "aXbYbZc"));
    EXPECT_FALSE(matches("speaker-*", "motor-01"));
    EXPECT_FALSE(matches("?", ""));
    EXPECT_TRUE(matches("**", ""));
}

}  // namespace
}  // namespace ganglion::fleet
