#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "fleet/api/http_api.hpp"
#include "fleet/api/insight_routes.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/http.hpp"
#include "fleet/testing/json_schema.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/planted_fleet.hpp"
#include "fleet/testing/store_messages.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr auto kDay = static_cast<int64_t>(Span::day);

/// A planted fleet's daily values as devices would report them: a level of 200 permille, 20
/// permille for each deviation of noise.
void fill(SqliteStore& store, const testing::DriftFleet& fleet, int64_t now) {
    for (const insight::PeerHistory& peer : fleet.histories)
        store.set_attributes(peer.device, {{"site", peer.site}});
    std::vector<Message> messages;
    const auto days = static_cast<int64_t>(fleet.histories.front().history.size());
    for (const insight::PeerHistory& peer : fleet.histories) {
        const double level = insight::median(peer.history);
        for (int64_t day = 0; day < days; ++day) {
            const double value = peer.history[static_cast<size_t>(day)];
            if (std::isnan(value)) continue;
            ReportRecord report;
            report.boot = 1;
            report.clock_ms = static_cast<uint64_t>(day * kDay);
            report.score_permille =
                static_cast<uint16_t>(std::clamp(300 + 20 * (value - level), 0.0, 1000.0));
            messages.push_back({peer.device, now - now % kDay - (days - day) * kDay + 1, report});
        }
    }
    store.commit(messages);
}

class InsightApiTest : public ::testing::Test {
  protected:
    InsightApiTest()
        : routes_(insight_routes(store_, audit_)),
          api_({{"", routes_, access_, stream_, [] { return std::vector<Metric>{}; }}},
               HttpApi::Config{0, directory_.path() / "absent", [] { return std::nullopt; },
                               log_.log()}) {}

    httplib::Result get(const std::string& path) {
        return testing::answered(testing::patient_client(api_.port()).Get(path));
    }
    httplib::Result put(const std::string& path, const json& body) {
        return testing::answered(
            testing::patient_client(api_.port()).Put(path, body.dump(), "application/json"));
    }
    json answer(const std::string& path, const std::string& route) {
        const auto result = get(path);
        EXPECT_EQ(result->status, 200) << result->body;
        json value = json::parse(result->body);
        for (const Route& known : routes_) {
            if (known.path == route && known.method == "get") {
                EXPECT_EQ(testing::fault_against(known.answer, value), "");
            }
        }
        return value;
    }

    testing::TemporaryDirectory directory_;
    testing::LogLines log_;
    SqliteStore store_{directory_.path() / "fleet.db"};
    Access access_{directory_.path() / "access.db"};
    AuditLog audit_{directory_.path() / "audit.jsonl"};
    EventStream stream_{store_};
    Routes routes_;
    HttpApi api_;
};

TEST_F(InsightApiTest, what_devices_share_is_said_and_read) {
    EXPECT_EQ(put("/api/devices/pump-7/attributes", {{"attributes", {{"site", "north"}}}})->status,
              204);
    EXPECT_EQ(answer("/api/attributes", "/api/attributes"),
              (json{{"pump-7", {{"site", "north"}}}}));
    EXPECT_EQ(audit_.head().entries, 1U);
    EXPECT_EQ(put("/api/devices/pump-7/attributes", {{"attributes", {{"version", "1"}}}})->status,
              400);
    EXPECT_EQ(put("/api/devices/pump-7/attributes", {{"attributes", {{"site", 5}}}})->status, 400);
    EXPECT_EQ(put("/api/devices/.pump/attributes", {{"attributes", json::object()}})->status, 400);
    EXPECT_EQ(audit_.head().entries, 1U) << "nothing that was refused";
}

TEST_F(InsightApiTest, a_planted_fleet_is_seen_through_the_store) {
    const auto fleet = testing::drift_fleet({.sites = 10, .devices_per_site = 8}, 5);
    ASSERT_FALSE(fleet.drifting.empty());
    fill(store_, fleet, now_ms());
    const json insight = answer("/api/insight", "/api/insight");
    EXPECT_EQ(insight.at("devices"), fleet.histories.size());
    std::set<std::string> named;
    for (const json& one : insight.at("unlike_peers")) named.insert(one.at("device"));
    const auto found = testing::compare(named, fleet.drifting);
    EXPECT_LE(found.missed, 1U);
    EXPECT_LE(found.wrong, 1U);
    std::set<std::string> sites;
    for (const json& one : insight.at("site_events")) sites.insert(one.at("site"));
    EXPECT_EQ(sites, fleet.eventful);

    const json days = answer("/api/rollups?span=day&scope=site:site-3", "/api/rollups");
    EXPECT_GE(days.size(), 55U);
    EXPECT_LE(days.front().at("reports"), 8U);
}

TEST_F(InsightApiTest, a_device_has_minutes_of_its_events) {
    constexpr auto minute = static_cast<int64_t>(Span::minute);
    const int64_t now = now_ms();
    store_.commit(std::vector{testing::events_at(
        now, 120'000, 1, {testing::event(1, 1, 0), testing::event(1, 2, 120'000)})});
    const json rows = answer("/api/rollups?span=minute&scope=device:speaker", "/api/rollups");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1], (json{{"start_ms", now - now % minute}, {"events", 1}, {"alerts", 1}}));
    EXPECT_EQ(
        answer("/api/rollups?span=hour&scope=device:speaker", "/api/rollups")[0].count("scores"),
        1U);
}

TEST_F(InsightApiTest, failures_that_begin_are_named_by_the_one_that_failed) {
    const auto failures = testing::failure_fleet({.devices = 60, .beginning = 5}, 3);
    testing::DriftFleet fleet;
    fleet.histories = failures.histories;
    insight::History history = failures.histories.back().history;
    std::copy(failures.pattern.begin(), failures.pattern.end(),
              history.end() - static_cast<std::ptrdiff_t>(failures.pattern.size()));
    fleet.histories.push_back({"failed", "", history});
    fill(store_, fleet, now_ms());
    std::set<std::string> named;
    for (const json& one :
         answer("/api/insight/similar?device=failed&pattern=20&steps=80", "/api/insight/similar"))
        named.insert(one.at("device"));
    const auto found = testing::compare(named, failures.beginning);
    EXPECT_LE(found.missed, 1U);
    EXPECT_LE(found.wrong, 1U);
}

TEST_F(InsightApiTest, questions_that_make_no_sense_are_refused_with_what_to_write) {
    EXPECT_THAT(get("/api/rollups?span=week")->body, HasSubstr("minute, hour or day"));
    EXPECT_EQ(get("/api/rollups?span=minute&from_ms=0")->status, 400);
    EXPECT_EQ(get("/api/insight?steps=5")->status, 400);
    EXPECT_EQ(get("/api/insight?span=minute")->status, 400);
    EXPECT_EQ(get("/api/insight/similar")->status, 400);
    EXPECT_EQ(get("/api/insight")->status, 200) << "of an empty fleet";
}

}  // namespace
}  // namespace ganglion::fleet
