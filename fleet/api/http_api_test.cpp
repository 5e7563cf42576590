#include "fleet/api/http_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "fleet/api/fleet_routes.hpp"
#include "fleet/base/files.hpp"
#include "fleet/client/sse_parser.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/http.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using testing::eventually;
using ::testing::HasSubstr;
using testing::LogLines;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

constexpr int64_t kNoon = 1'700'000'000'000;

class HttpApiTest : public ::testing::Test {
  protected:
    HttpApiTest() {
        write_private_file(directory_.path() / "dashboard.html", "");
        create_private_directory(page());
        write_private_file(page() / "index.html", "<!doctype html>the page");
        write_private_file(page() / "app.js", "const page = true;");
        write_private_file(directory_.path() / "secret", "keys");
        api_ = std::make_unique<HttpApi>(alone(stream_), config(page()));
    }

    HttpApi::Config config(const std::filesystem::path& dashboard, uint16_t port = 0) {
        return {port, dashboard, [this] { return fault_; }, log_.log()};
    }
    std::vector<Tenant> alone(EventStream& stream) {
        return {{"", fleet_routes(store_, stream), access_, stream, [] {
                     return std::vector<Metric>{{"ganglion_up", "Up.", "gauge", {{"", 1}}}};
                 }}};
    }

    std::filesystem::path page() const { return directory_.path() / "page"; }
    std::filesystem::path database() const { return directory_.path() / "fleet.db"; }

    httplib::Result get(const std::string& path, const httplib::Headers& headers = {}) {
        httplib::Client client = testing::patient_client(api_->port());
        client.set_url_encode(false);
        return testing::answered(client.Get(path, headers));
    }
    json get_json(const std::string& path, int status = 200) {
        const auto result = get(path);
        EXPECT_EQ(result->status, status) << path;
        EXPECT_EQ(result->get_header_value("Content-Type"), "application/json") << path;
        return json::parse(result->body);
    }

    /// As ingestion does: first the store, then the stream.
    void commit(const std::vector<Message>& messages) { stream_.publish(store_.commit(messages)); }

    void commit_events(uint32_t first, uint32_t last, const std::string& device = "speaker") {
        EventsMessage content{5000, 1, {}};
        for (uint32_t sequence = first; sequence <= last; ++sequence) {
            content.events.push_back({1, sequence, 5000, 0, "alexa", 900, 320, {}, {}});
        }
        commit({{device, kNoon, content}});
    }

    TemporaryDirectory directory_;
    LogLines log_;
    SqliteStore store_{database()};
    Access access_{directory_.path() / "access.db"};
    EventStream stream_{store_};
    std::optional<std::string> fault_;
    std::unique_ptr<HttpApi> api_;
};

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

TEST_F(HttpApiTest, AnEmptyFleet) {
    EXPECT_EQ(
        get_json("/api/summary"),
        json::parse(
            R"({"devices":0,"online":0,"events":0,"bytes_sensed":0,"bytes_sent":0,"bytes_gate":0,
                              "gate_openings":0,"inferences":0,"reduction":0.0})"));
    EXPECT_EQ(get_json("/api/devices"), json::array());
    EXPECT_EQ(get_json("/api/events"), json::parse(R"({"events":[],"last":0})"));
    EXPECT_EQ(get_json("/api/gaps"), json::array());
    EXPECT_EQ(get_json("/api/gate"), json::array());
}

TEST_F(HttpApiTest, AnswersAreCompressedByGzipAlone) {
    httplib::Client client = testing::patient_client(api_->port());
    client.set_decompress(false);
    const auto encoding = [&](const char* taken) {
        const auto answer = client.Get("/api/summary", {{"Accept-Encoding", taken}});
        return answer ? answer->get_header_value("Content-Encoding") : "no answer";
    };
    EXPECT_EQ(encoding("gzip, deflate, br"), "gzip");
    EXPECT_EQ(encoding("br"), "");
    EXPECT_EQ(encoding("identity"), "");
}

TEST_F(HttpApiTest, PagesOfDevicesAndWhatTheyRun) {
    std::vector<Message> messages;
    for (uint32_t i = 100; i < 350; ++i) {
        StatusRecord status;
        status.online = i % 2 == 0;
        status.application = "guard";
        status.bundle_version = i < 300 ? "1.0.0" : "2.0.0";
        messages.push_back({"device-" + std::to_string(i), kNoon, status});
    }
    commit(messages);
    EXPECT_EQ(get_json("/api/devices").size(), 100U);
    size_t seen = 0;
    std::string last;
    for (;;) {
        const json page = get_json("/api/devices?limit=60&after=" + last);
        seen += page.size();
        if (page.size() < 60) break;
        last = page.back()["id"];
    }
    EXPECT_EQ(seen, 250U);
    EXPECT_EQ(get_json("/api/devices?search=e-34").size(), 10U);
    EXPECT_EQ(get_json("/api/devices?search=e-34&state=online").size(), 5U);
    EXPECT_EQ(get_json("/api/devices?state=fault"), json::array());
    EXPECT_EQ(get_json("/api/devices?device=device-123")[0]["id"], "device-123");
    EXPECT_EQ(get_json("/api/devices?device=nobody"), json::array());
    for (const char* bad : {"limit=0", "limit=1001", "limit=x", "state=lost", "device=."})
        EXPECT_EQ(get(std::string("/api/devices?") + bad)->status, 400) << bad;
    const json versions = get_json("/api/versions");
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_EQ(versions[0]["version"], "1.0.0");
    EXPECT_EQ(versions[0]["devices"], 200);
    EXPECT_EQ(versions[1]["online"], 25);
}

TEST_F(HttpApiTest, SummaryAndDevices) {
    StatusRecord status;
    status.online = true;
    status.application = "wake_word";
    status.bundle_version = "1.2.3";
    status.bundle_digest = {1, 2, 3, 4, 5, 6, 7, 8};
    status.boot = 4;
    status.ram_bytes = 20'000;
    status.flash_bytes = 60'000;
    status.firmware_version = "0.1.0";
    status.rate_hz = 16'000;
    commit({{"speaker", kNoon, status},
            {"speaker", kNoon + 1,
             ReportRecord{4, 1000, 96'000, 480, 640, 1, 50, 900'000, 2, 0, 512, 3, {}}},
            {"speaker", kNoon + 2, RejectedMessage{}},
            {"motor", kNoon, StatusRecord{}}});
    EXPECT_EQ(
        get_json("/api/summary"),
        json::parse(R"({"devices":2,"online":1,"events":0,"bytes_sensed":96000,"bytes_sent":480,
                              "bytes_gate":640,"gate_openings":1,"inferences":50,"reduction":200.0})"));
    const json devices = get_json("/api/devices");
    ASSERT_EQ(devices.size(), 2u);
    EXPECT_EQ(devices[0]["id"], "motor");
    EXPECT_EQ(devices[0]["online"], false);
    EXPECT_EQ(devices[1], json::parse(R"({"id":"speaker","application":"wake_word","online":true,
        "last_seen_ms":1700000000001,"boot":4,"bundle":{"version":"1.2.3","digest":"0102030405060708",
        "ram_bytes":20000,"flash_bytes":60000,"instructions":900000},"firmware":"0.1.0","fault":"","rate_hz":16000,
        "bytes_sensed":96000,"bytes_sent":480,"bytes_gate":640,"gate_openings":1,"inferences":50,"outbox":2,
        "overruns":0,"events_lost":3,"score":512,"events":0,"rejected":1})"));
}

TEST_F(HttpApiTest, EventsInPages) {
    EventsMessage content{10'000, 3, {{3, 1, 4'000, 2, "anomaly", 873, 123'456, 12, 3456}}};
    commit({{"motor", kNoon, content}});
    EXPECT_EQ(get_json("/api/events"),
              json::parse(R"({"events":[{"id":1,"device":"motor","boot":3,"sequence":1,
        "time_ms":1699999994000,"uncertainty_ms":0,"received_ms":1700000000000,"kind":"action","label":"anomaly",
        "score":873,"sample":123456,"stop_samples":12,"stop_instructions":3456}],"last":1})"));
    commit_events(1, 9);
    EXPECT_TRUE(get_json("/api/events?after=1&limit=1")["events"][0]["stop_samples"].is_null());
    const auto ids = [this](const std::string& query) {
        const json answer = get_json("/api/events?" + query);
        std::vector<int> found;
        for (const json& event : answer["events"]) found.push_back(event["id"]);
        found.push_back(answer["last"]);
        return found;
    };
    EXPECT_EQ(ids("limit=2"), (std::vector{9, 10, 10}));
    EXPECT_EQ(ids("before=9&limit=2"), (std::vector{7, 8, 8}));
    EXPECT_EQ(ids("after=2&limit=2"), (std::vector{3, 4, 4}));
    EXPECT_EQ(ids("after=10"), (std::vector{10}));
    EXPECT_EQ(ids("device=motor"), (std::vector{1, 1}));
    EXPECT_EQ(ids("device=nobody&after=5"), (std::vector{5}));
}

TEST_F(HttpApiTest, GapsAndGate) {
    commit_events(3, 4);
    commit({{"speaker", kNoon, GateRecord{1, 2, 32'000, std::string(640, 'x'), true}}});
    EXPECT_EQ(get_json("/api/gaps"),
              json::parse(R"([{"device":"speaker","boot":1,"first":1,"last":2}])"));
    EXPECT_EQ(get_json("/api/gaps?device=motor"), json::array());
    EXPECT_EQ(get_json("/api/gate"),
              json::parse(R"([{"device":"speaker","boot":1,"opening":2,"first_sample":32000,
        "bytes":640,"complete":true}])"));
    EXPECT_EQ(get_json("/api/gate?device=motor"), json::array());
}

TEST_F(HttpApiTest, WrongRequestsAreToldWhatIsRight) {
    for (const char* path : {"/api/events?limit=0", "/api/events?limit=1001", "/api/events?limit=x",
                             "/api/events?limit=", "/api/events?after=-1", "/api/events?after=1e3",
                             "/api/events?before=99999999999999999999", "/api/events?device=a%20b",
                             "/api/gaps?device=", "/api/gate?device=%2e%2e%2f"}) {
        EXPECT_THAT(get_json(path, 400)["error"].get<std::string>(), HasSubstr("must be")) << path;
    }
    EXPECT_EQ(get("/api/stream", {{"Last-Event-ID", "now"}})->status, 400);
    EXPECT_EQ(get_json("/api/nothing", 404)["error"], "nothing at /api/nothing");
    httplib::Client client = testing::patient_client(api_->port());
    const auto post = [&](const std::string& body, const char* type) {
        return testing::answered(client.Post("/api/events", body, type))->status;
    };
    EXPECT_EQ(post("{}", "application/json"), 404);
    EXPECT_EQ(post(std::string(3 << 20, 'x'), "text/plain"), 413);
}

TEST_F(HttpApiTest, HealthTellsWhatIsWrong) {
    EXPECT_EQ(get("/healthz")->body, "ok\n");
    fault_ = "not connected to the broker";
    EXPECT_EQ(get("/healthz")->status, 503);
    EXPECT_EQ(get("/healthz")->body, "not connected to the broker\n");
    EXPECT_EQ(get("/readyz")->status, 503);
    EXPECT_EQ(get("/livez")->status, 200);
}

TEST_F(HttpApiTest, MetricsAreInPrometheusForm) {
    (void)get("/api/devices");
    (void)get("/api/nothing");
    EXPECT_TRUE(eventually([&] {
        const std::string text = get("/metrics")->body;
        return text.find("# TYPE ganglion_up gauge\nganglion_up 1\n") != std::string::npos &&
               text.find("ganglion_http_requests_total{method=\"GET\",status=\"404\"} 1\n") !=
                   std::string::npos;
    }));
}

TEST_F(HttpApiTest, AFailingStoreIsAnAnswerToo) {
    Database(database()).run("DROP TABLE gate_chunks");
    EXPECT_THAT(get_json("/api/gate", 503)["error"].get<std::string>(), HasSubstr("gate_chunks"));
    EXPECT_TRUE(log_.contains("gate_chunks"));
    EXPECT_EQ(get_json("/api/devices"), json::array());
}

TEST_F(HttpApiTest, ServesThePageAndNothingBesideIt) {
    EXPECT_EQ(get("/")->body, "<!doctype html>the page");
    EXPECT_EQ(get("/app.js")->get_header_value("Content-Type"), "text/javascript");
    for (const char* path :
         {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret", "/page/../../secret"}) {
        EXPECT_NE(get(path)->body, "keys") << path;
        EXPECT_EQ(get(path)->status, 404) << path;
    }
}

TEST_F(HttpApiTest, WithoutABuiltPageTheApiIsServedAlone) {
    EventStream stream(store_);
    const HttpApi bare(alone(stream), config(directory_.path() / "absent"));
    httplib::Client client = testing::patient_client(bare.port());
    const auto answer = testing::answered(client.Get("/"));
    EXPECT_EQ(answer->status, 404);
    EXPECT_THAT(answer->body, HasSubstr("not built"));
    EXPECT_EQ(testing::answered(client.Get("/api/devices"))->status, 200);
}

TEST_F(HttpApiTest, HeadersKeepBrowsersCareful) {
    for (const char* path : {"/", "/api/devices", "/api/nothing", "/healthz"}) {
        const auto answer = get(path);
        EXPECT_THAT(answer->get_header_value("Content-Security-Policy"),
                    HasSubstr("default-src 'none'"))
            << path;
        EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff") << path;
        EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-cache") << path;
        EXPECT_EQ(answer->get_header_value("Access-Control-Allow-Origin"), "") << path;
    }
}

TEST_F(HttpApiTest, AnswersOnlyUnderThisMachinesName) {
    EXPECT_EQ(get("/api/devices", {{"Host", "localhost:1234"}})->status, 200);
    EXPECT_EQ(get("/api/devices", {{"Host", "127.0.0.1"}})->status, 200);
    for (const char* host :
         {"evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", ""}) {
        EXPECT_EQ(get("/api/devices", {{"Host", host}})->status, 403) << host;
    }
}

TEST_F(HttpApiTest, ATakenPortIsOneClearLine) {
    EventStream stream(store_);
    EXPECT_THAT(
        [&] { HttpApi(alone(stream), config(page(), api_->port())); },
        ThrowsMessage<std::runtime_error>(HasSubstr("HTTP port " + std::to_string(api_->port()) +
                                                    " on 127.0.0.1 is already taken")));
}

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
