#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "fleet/client/sse_parser.hpp"
#include "fleet/testing/http_api_fixture.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using testing::eventually;
using testing::HttpApiTest;

/// Reads a stream in a thread of its own until `enough` messages came.
class StreamReader {
  public:
    StreamReader(uint16_t port, size_t enough, httplib::Headers headers = {})
        : client_("127.0.0.1", port) {
        thread_ = std::thread([this, enough, headers = std::move(headers)] {
            SseParser parser;
            client_.Get("/api/stream", headers, [&](const char* data, size_t size) {
                const std::lock_guard lock(mutex_);
                bytes_ += size;
                parser.feed({data, size}, [&](const SseParser::Message& message) {
                    messages_.push_back(message);
                });
                return messages_.size() < enough;
            });
            const std::lock_guard lock(mutex_);
            ended_ = true;
        });
    }
    ~StreamReader() {
        client_.stop();
        thread_.join();
    }
    StreamReader(const StreamReader&) = delete;
    StreamReader& operator=(const StreamReader&) = delete;

    bool begun() const {
        const std::lock_guard lock(mutex_);
        return bytes_ > 0;
    }
    bool ended() const {
        const std::lock_guard lock(mutex_);
        return ended_;
    }
    std::vector<SseParser::Message> messages() const {
        const std::lock_guard lock(mutex_);
        return messages_;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<SseParser::Message> messages_;
    size_t bytes_ = 0;
    bool ended_ = false;
    httplib::Client client_;
    std::thread thread_;
};

TEST_F(HttpApiTest, TheStreamTellsEventsAndDevicesAsTheyCome) {
    const StreamReader reader(api_->port(), 3);
    ASSERT_TRUE(eventually([&] { return reader.begun(); }));
    commit_events(1, 2);
    ASSERT_TRUE(eventually([&] { return reader.ended(); }));
    const auto messages = reader.messages();
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[0].event, "event");
    EXPECT_EQ(messages[0].id, "1");
    EXPECT_EQ(json::parse(messages[0].data), get_json("/api/events")["events"][0]);
    EXPECT_EQ(messages[1].id, "2");
    EXPECT_EQ(messages[2].event, "device");
    EXPECT_EQ(json::parse(messages[2].data), get_json("/api/devices")[0]);
}

TEST_F(HttpApiTest, TheStreamGoesOnAfterTheEventSeenLast) {
    commit_events(1, 1200);
    const StreamReader reader(api_->port(), 1300, {{"Last-Event-ID", "100"}});
    for (uint32_t sequence = 1201; sequence <= 1400; ++sequence) commit_events(sequence, sequence);
    ASSERT_TRUE(eventually([&] { return reader.messages().size() >= 1300; }));
    uint32_t expected = 101;
    for (const auto& message : reader.messages()) {
        if (message.event != "event") continue;
        EXPECT_EQ(json::parse(message.data)["sequence"], expected++);
    }
    EXPECT_GT(expected, 1100u);
}

TEST_F(HttpApiTest, ManyReadersDoNotStarveRequests) {
    std::vector<std::unique_ptr<StreamReader>> readers;
    for (size_t index = 0; index < EventStream::max_readers; ++index) {
        readers.push_back(std::make_unique<StreamReader>(api_->port(), 1));
        ASSERT_TRUE(eventually([&] { return readers.back()->begun(); }));
    }
    const auto refused = get("/api/stream");
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->get_header_value("Retry-After"), "5");
    EXPECT_EQ(get("/healthz")->status, 200);
    commit_events(1, 1);
    for (const auto& reader : readers) ASSERT_TRUE(eventually([&] { return reader->ended(); }));
    const StreamReader another(api_->port(), 1);
    ASSERT_TRUE(eventually([&] {
        commit_events(2, 2);
        return another.ended();
    }));
}

TEST_F(HttpApiTest, EndsItsStreamsWhenItEnds) {
    const StreamReader reader(api_->port(), 1000);
    ASSERT_TRUE(eventually([&] { return reader.begun(); }));
    api_.reset();
    EXPECT_TRUE(eventually([&] { return reader.ended(); }, std::chrono::seconds(5)));
}

TEST_F(HttpApiTest, AReaderTooFarBehindIsClosed) {
    const auto reader = stream_.subscribe();
    ASSERT_TRUE(reader);
    Committed many;
    many.new_events.resize(EventStream::max_waiting_frames + 1);
    stream_.publish(many);
    std::deque<std::shared_ptr<const Frame>> frames;
    EXPECT_FALSE(reader->take(frames, std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace ganglion::fleet
