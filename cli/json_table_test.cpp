#include "cli/json_table.hpp"

#include <gtest/gtest.h>

namespace ganglion::cli {
namespace {

using nlohmann::ordered_json;

TEST(JsonTable, ObjectsInAnArrayAreLinesOfATable) {
    const auto gaps = ordered_json::parse(
        R"([{"boot":3,"device":"pump-7","lost":null},{"boot":12,"device":"a","last":"x"}])");
    EXPECT_EQ(table_text(gaps),
              "device  boot  lost\n"
              "pump-7     3  -\n"
              "a         12  -\n");
}

TEST(JsonTable, AnObjectIsALineForEachField) {
    EXPECT_EQ(table_text(ordered_json::parse(R"({"devices":2,"kinds":["a"]})")),
              "devices  2\nkinds    [\"a\"]\n");
}

TEST(JsonTable, WhatIsNeitherStaysJson) {
    EXPECT_EQ(table_text(ordered_json::parse("[]")), "[]\n");
    EXPECT_EQ(table_text(ordered_json::parse("[1,2]")), "[\n 1,\n 2\n]\n");
}

}  // namespace
}  // namespace ganglion::cli
