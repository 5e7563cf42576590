#include "fleet/alert/incidents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kNoon = 1'700'000'000'000;
constexpr IncidentTimes kTimes{};

Alarm alarm(const std::string& device, const std::string& site = "",
            const std::string& kind = "fault") {
    return {kind, device, site, Severity::critical, device + " does not decide", kNoon};
}

Observation seen(int64_t now_ms, std::vector<Alarm> alarms) {
    return {now_ms, std::move(alarms), {"fault"}, {}};
}

class IncidentsTest : public ::testing::Test {
  protected:
    IncidentsTest() {
        incidents_.put(Channel{"desk", "webhook", "http://127.0.0.1:1/", "", "", "", "",
                               Severity::warning, 0});
    }
    std::vector<Incident> open() { return incidents_.list(IncidentState::open, 1000); }
    std::vector<std::string> said(int64_t now_ms) {
        std::vector<std::string> reasons;
        for (const Delivery& delivery : incidents_.due("desk", now_ms, 1000))
            reasons.push_back(delivery.reason);
        return reasons;
    }

    testing::TemporaryDirectory directory_;
    std::vector<insight::FleetMember> fleet_;
    Incidents incidents_{directory_.path() / "incidents.db", [this] { return fleet_; }};
};

TEST_F(IncidentsTest, OneDeviceIsOneIncidentHoweverOftenItIsSeen) {
    for (int64_t at = 0; at < 100; ++at) {
        incidents_.observe(seen(kNoon + at * 1000, {alarm("a")}));
        incidents_.tick(kNoon + at * 1000);
    }
    ASSERT_THAT(open(), SizeIs(1));
    EXPECT_EQ(open().front().scope, "device:a");
    EXPECT_THAT(said(kNoon + 100'000), ElementsAre("opened"));
}

TEST_F(IncidentsTest, ItIsResolvedWhenItIsOverForAWhileAndThatIsSaid) {
    incidents_.observe(seen(kNoon, {alarm("a")}));
    incidents_.tick(kNoon + kTimes.gather_ms);
    incidents_.observe(seen(kNoon + 20'000, {}));
    incidents_.tick(kNoon + 20'000 + kTimes.quiet_ms - 1);
    EXPECT_THAT(open(), SizeIs(1));
    incidents_.tick(kNoon + 20'000 + kTimes.quiet_ms);
    EXPECT_THAT(open(), IsEmpty());
    EXPECT_THAT(said(kNoon + 200'000), ElementsAre("opened", "resolved"));
}

TEST_F(IncidentsTest, AFlappingDeviceStaysOneIncident) {
    for (int64_t at = 0; at < 50; ++at) {
        incidents_.observe(seen(kNoon + at * 10'000,
                                at % 2 == 0 ? std::vector{alarm("a")} : std::vector<Alarm>{}));
        incidents_.tick(kNoon + at * 10'000);
    }
    EXPECT_THAT(incidents_.list(std::nullopt, 100), SizeIs(1));
    EXPECT_THAT(said(kNoon + 1'000'000), ElementsAre("opened"));
}

TEST_F(IncidentsTest, TwoDevicesOfASiteAreTheSitesIncident) {
    incidents_.observe(seen(kNoon, {alarm("a", "north"), alarm("x", "south")}));
    incidents_.observe(
        seen(kNoon + 1000, {alarm("a", "north"), alarm("b", "north"), alarm("x", "south")}));
    const auto now = open();
    ASSERT_THAT(now, SizeIs(2));
    EXPECT_THAT((std::set{now[0].scope, now[1].scope}), ElementsAre("device:x", "site:north"));
}

TEST_F(IncidentsTest, WhatBeganLongBeforeStaysByItself) {
    incidents_.observe(seen(kNoon, {alarm("a", "north")}));
    const int64_t later = kNoon + kTimes.together_ms + 1;
    incidents_.observe(seen(later, {alarm("a", "north"), alarm("b", "north")}));
    EXPECT_THAT(open(), SizeIs(2));
}

TEST_F(IncidentsTest, TenThousandDevicesThatFailAtOnceAreOneIncidentAndOneMessage) {
    std::vector<Alarm> alarms;
    for (int device = 0; device < 10'000; ++device) {
        const std::string site = "site-" + std::to_string(device % 50);
        alarms.push_back(alarm("device-" + std::to_string(device), site));
        fleet_.push_back({"device-" + std::to_string(device), {{"site", site}, {"batch", "B7"}}});
    }
    for (int device = 0; device < 5'000; ++device)
        fleet_.push_back({"well-" + std::to_string(device), {{"batch", "B8"}}});
    // They come in over some seconds, as they would.
    const auto begin = std::chrono::steady_clock::now();
    for (size_t part = 1; part <= 4; ++part) {
        const auto now = kNoon + static_cast<int64_t>(part) * 1000;
        const std::vector<Alarm> some(alarms.begin(),
                                      alarms.begin() + static_cast<std::ptrdiff_t>(part * 2500));
        incidents_.observe(seen(now, some));
        incidents_.tick(now);
    }
    incidents_.tick(kNoon + 60'000);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    ASSERT_THAT(open(), SizeIs(1));
    const Incident incident = open().front();
    EXPECT_EQ(incident.scope, "fleet");
    EXPECT_EQ(incident.active, 10'000U);
    EXPECT_EQ(incident.cause, "batch=B7");
    EXPECT_THAT(incidents_.list(std::nullopt, 100), SizeIs(1)) << "nothing else was ever said";
    const auto due = incidents_.due("desk", kNoon + 60'000, 100);
    ASSERT_THAT(due, SizeIs(1));
    EXPECT_THAT(due.front().line, HasSubstr("10000 of 10000 devices with batch=B7"));
}

TEST_F(IncidentsTest, AnIncidentThatGrowsAfterItWasToldSaysSo) {
    incidents_.observe(seen(kNoon, {alarm("a", "north")}));
    incidents_.tick(kNoon + kTimes.gather_ms);
    incidents_.observe(seen(kNoon + 20'000, {alarm("a", "north"), alarm("b", "north")}));
    incidents_.tick(kNoon + 20'000);
    incidents_.tick(kNoon + 21'000);
    EXPECT_THAT(said(kNoon + 30'000), ElementsAre("opened", "widened to site:north"));
}

TEST_F(IncidentsTest, ASilenceSendsNothingUntilItEnds) {
    incidents_.add(Silence{0, "", "site:north", kNoon + 100'000, "maintenance", "ada"});
    std::vector<Alarm> alarms{alarm("a", "north"), alarm("x", "south")};
    incidents_.observe(seen(kNoon, alarms));
    incidents_.tick(kNoon + 50'000);
    EXPECT_THAT(said(kNoon + 50'000), SizeIs(1)) << "of the other site";
    EXPECT_THAT(open(), SizeIs(2)) << "it is kept all the same";
    incidents_.tick(kNoon + 100'001);
    EXPECT_THAT(said(kNoon + 100'001), SizeIs(2)) << "it still holds";
}

TEST_F(IncidentsTest, WhoDoesNotAcknowledgeInTimeIsNotTheLastToHear) {
    incidents_.put(Channel{"night", "webhook", "http://127.0.0.1:1/", "", "", "", "",
                           Severity::critical, 900'000});
    incidents_.observe(seen(kNoon, {alarm("a")}));
    incidents_.observe({kNoon, {alarm("b", "", "other")}, {"other"}, {}});
    incidents_.tick(kNoon + 899'999);
    EXPECT_THAT(incidents_.due("night", kNoon + 2'000'000, 10), IsEmpty());
    const int64_t seen_to = open().front().id;
    ASSERT_TRUE(incidents_.acknowledge(seen_to, "ada", kNoon + 899'999));
    incidents_.tick(kNoon + 900'000);
    const auto escalated = incidents_.due("night", kNoon + 2'000'000, 10);
    ASSERT_THAT(escalated, SizeIs(1));
    EXPECT_EQ(escalated.front().reason, "escalated");
    EXPECT_NE(escalated.front().incident, seen_to);
}

TEST_F(IncidentsTest, AChannelHearsOfWhatIsSevereEnoughForIt) {
    Alarm mild = alarm("a");
    mild.severity = Severity::info;
    incidents_.observe(seen(kNoon, {mild}));
    incidents_.tick(kNoon + 60'000);
    EXPECT_THAT(said(kNoon + 60'000), IsEmpty());
}

TEST_F(IncidentsTest, ADecisionIsOverAfterItsTime) {
    incidents_.observe({kNoon, {alarm("a", "", "decision fall")}, {}, 7});
    incidents_.tick(kNoon + kTimes.hold_ms - 1);
    EXPECT_THAT(open(), SizeIs(1));
    incidents_.tick(kNoon + kTimes.hold_ms + 1);
    EXPECT_THAT(open(), IsEmpty());
    EXPECT_EQ(incidents_.cursor(), 7);
}

TEST_F(IncidentsTest, EverythingIsStillThereAfterAnEnd) {
    incidents_.observe({kNoon, {alarm("a")}, {}, 41});
    incidents_.tick(kNoon + 60'000);
    Incidents again(directory_.path() / "incidents.db", nullptr);
    EXPECT_THAT(again.list(IncidentState::open, 10), SizeIs(1));
    EXPECT_EQ(again.cursor(), 41);
    EXPECT_EQ(again.waiting(), 1U);
}

}  // namespace
}  // namespace ganglion::fleet
