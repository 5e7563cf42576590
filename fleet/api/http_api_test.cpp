#include "fleet/api/http_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fleet/testing/http_api_fixture.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using testing::eventually;
using ::testing::HasSubstr;
using testing::HttpApiTest;
using testing::kNoon;
using ::testing::ThrowsMessage;

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

}  // namespace
}  // namespace ganglion::fleet
