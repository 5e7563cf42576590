#include "fleet/client/follower.hpp"

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <thread>

#include "fleet/client/http_client.hpp"
#include "fleet/client/sse_parser.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kRetryPause = std::chrono::seconds(1);
constexpr auto kPollPause = std::chrono::milliseconds(50);
/// The server says something every ten seconds.
constexpr time_t kSilenceLimitSeconds = 30;
constexpr time_t kConnectLimitSeconds = 5;

void wait_before_retry(const std::atomic<bool>& stop) {
    const auto until = std::chrono::steady_clock::now() + kRetryPause;
    while (!stop && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(kPollPause);
}

/// Local time of day with milliseconds.
std::string time_text(int64_t time_ms) {
    const auto seconds = static_cast<std::time_t>(time_ms / 1000);
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 32> text{};
    const size_t size = std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
    std::snprintf(text.data() + size, text.size() - size, ".%03d",
                  static_cast<int>(time_ms % 1000));
    return text.data();
}

/// One connection to the stream, until it ends; returns why. `after` follows the events that were
/// handed over.
std::string follow_once(httplib::Client& client, const ApiAddress& address,
                        std::optional<int64_t>& after, const FollowHandlers& handlers,
                        const std::atomic<bool>& stop) {
    httplib::Headers headers = headers_of(address);
    if (after) headers.emplace("Last-Event-ID", std::to_string(*after));
    SseParser parser;
    std::string refusal;
    const auto on_message = [&](const SseParser::Message& message) {
        const auto data = nlohmann::json::parse(message.data);
        if (message.event == "event") {
            handlers.event(data);
            after = data.at("id").get<int64_t>();
        } else if (message.event == "device") {
            handlers.device(data);
        }
    };
    const auto result = client.Get(
        "/api/stream", headers,
        [&](const httplib::Response& response) {
            if (response.status != 200)
                refusal = "the server answers " + std::to_string(response.status);
            return refusal.empty();
        },
        [&](const char* data, size_t size) {
            try {
                return !stop && parser.feed({data, size}, on_message);
            } catch (const nlohmann::json::exception&) {
                refusal = "the answer is no event stream";
                return false;
            }
        });
    if (!refusal.empty()) return refusal;
    return result ? "the server ended the stream" : httplib::to_string(result.error());
}

}  // namespace

void follow(const ApiAddress& address, std::optional<int64_t> after, const FollowHandlers& handlers,
            const std::atomic<bool>& stop) {
    while (!stop) {
        httplib::Client client = http_client(address);
        client.set_connection_timeout(kConnectLimitSeconds);
        client.set_read_timeout(kSilenceLimitSeconds);
        std::atomic<bool> ended{false};
        // A read that waits does not look at `stop`; closing its connection does.
        std::thread closer([&] {
            while (!stop && !ended) std::this_thread::sleep_for(kPollPause);
            if (stop) client.stop();
        });
        const std::string reason = follow_once(client, address, after, handlers, stop);
        ended = true;
        closer.join();
        if (stop) return;
        handlers.lost(reason);
        wait_before_retry(stop);
    }
}

std::string to_line(const nlohmann::json& event) {
    std::string line = time_text(event.at("time_ms").get<int64_t>());
    line += "  " + event.at("device").get<std::string>();
    line += "  " + event.at("kind").get<std::string>();
    line += "  " + event.at("label").get<std::string>();
    const int score = event.at("score").get<int>();
    line += "  score " + std::to_string(score / 1000) + "." +
            std::to_string(1000 + score % 1000).substr(1);
    if (const auto& samples = event.at("stop_samples"); !samples.is_null()) {
        line += "  stop line after " + std::to_string(samples.get<uint32_t>()) + " samples";
    }
    return line;
}

}  // namespace ganglion::fleet
