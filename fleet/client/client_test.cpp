#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "fleet/base/port.hpp"
#include "fleet/client/follower.hpp"
#include "fleet/client/sse_parser.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<SseParser::Message> parse(std::string_view text, size_t piece) {
    SseParser parser;
    std::vector<SseParser::Message> messages;
    for (size_t at = 0; at < text.size(); at += piece) {
        EXPECT_TRUE(parser.feed(text.substr(at, piece),
                                [&](const auto& message) { messages.push_back(message); }));
    }
    return messages;
}

TEST(SseParser, ReadsMessagesHoweverTheyAreCut) {
    constexpr std::string_view text =
        "retry: 1000\n\n: comment\n\nid: 7\nevent: event\ndata: "
        "{\"a\":1}\n\nevent:device\r\ndata:one\r\ndata: two\r\n\r\n"
        "id: 9\n\ndata\n\nevent: cut\ndata: off";
    for (const size_t piece : {1u, 2u, 5u, 1000u}) {
        const auto messages = parse(text, piece);
        ASSERT_EQ(messages.size(), 3u) << piece;
        EXPECT_EQ(messages[0].id, "7");
        EXPECT_EQ(messages[0].event, "event");
        EXPECT_EQ(messages[0].data, "{\"a\":1}");
        EXPECT_EQ(messages[1].event, "device");
        EXPECT_EQ(messages[1].data, "one\ntwo");
        EXPECT_EQ(messages[2].event, "message");
        EXPECT_EQ(messages[2].data, "");
    }
}

TEST(SseParser, RefusesWhatNeverEnds) {
    SseParser parser;
    const std::string piece(1 << 16, 'x');
    bool accepted = true;
    for (int pieces = 0; pieces < 32 && accepted; ++pieces)
        accepted = parser.feed(piece, [](const auto&) {});
    EXPECT_FALSE(accepted);
}

TEST(Client, NoServerIsOneClearLine) {
    const ApiAddress nowhere{"127.0.0.1", pick_free_port()};
    EXPECT_THAT([&] { get_json(nowhere, "/api/summary"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no fleet server at 127.0.0.1:")));
}

TEST(Client, AFollowerWithoutAServerWaitsAndCanBeStopped) {
    std::atomic<bool> stop{false};
    std::atomic<int> lost{0};
    FollowHandlers handlers;
    handlers.event = [](const nlohmann::json&) {};
    handlers.device = handlers.event;
    handlers.lost = [&](const std::string&) { ++lost; };
    std::thread follower([&] { follow({"127.0.0.1", pick_free_port()}, {}, handlers, stop); });
    EXPECT_TRUE(testing::eventually([&] { return lost > 0; }));
    stop = true;
    follower.join();
}

TEST(Client, AnEventIsOneLine) {
    nlohmann::json event{{"time_ms", 1'700'000'000'123}, {"device", "motor"}, {"kind", "action"},
                         {"label", "anomaly"},           {"score", 87},       {"stop_samples", 12},
                         {"stop_instructions", nullptr}};
    EXPECT_THAT(to_line(event),
                HasSubstr(".123  motor  action  anomaly  score 0.087  stop line after 12 samples"));
    event["stop_samples"] = nullptr;
    event["score"] = 1000;
    EXPECT_THAT(to_line(event), ::testing::EndsWith("anomaly  score 1.000"));
}

}  // namespace
}  // namespace ganglion::fleet
