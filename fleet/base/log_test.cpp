#include "fleet/base/log.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ganglion::fleet {
namespace {

using nlohmann::json;

constexpr int64_t kTimeMs = 1'772'373'909'007;

TEST(Log, ALineIsOneObjectWithItsTimeAndPart) {
    EXPECT_EQ(json_line("ingest: broker connection lost: closed", kTimeMs),
              R"({"time":"2026-03-01T14:05:09.007Z","part":"ingest",)"
              R"("text":"broker connection lost: closed"})");
    EXPECT_EQ(json::parse(json_line("acme/ingest: x", kTimeMs)).at("part"), "acme/ingest");
    const json bare = json::parse(json_line("The store: works again", kTimeMs));
    EXPECT_FALSE(bare.contains("part"));
    EXPECT_EQ(bare.at("text"), "The store: works again");
}

TEST(Log, WhateverADeviceIsCalledItStaysOneLine) {
    const std::string line = json_line("gateway: \"\n\xff{", kTimeMs);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(json::accept(line));
}

}  // namespace
}  // namespace ganglion::fleet
