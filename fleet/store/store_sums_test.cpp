// What counters and events add up to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "fleet/store/rollup_sums.hpp"
#include "fleet/testing/store_fixture.hpp"
#include "fleet/testing/store_messages.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using testing::event;
using testing::events;
using testing::events_at;
using ::testing::IsEmpty;
using testing::kNoon;
using testing::report;
using ::testing::SizeIs;
using testing::StoreTest;

TEST_F(StoreTest, CountersThatNoSumHoldsDoNotStopIt) {
    // A device that lies: as many bytes as a message can say, in each of its boots.
    constexpr uint64_t most = (uint64_t{1} << 53) - 1;
    constexpr uint32_t boots = 1100;
    std::vector<Message> lies;
    for (uint32_t boot = 1; boot <= boots; ++boot) lies.push_back(report(boot, 1000, most));
    ASSERT_NO_THROW(commit(lies));
    for (Message& lie : lies) std::get<ReportRecord>(lie.content).boot += boots;
    ASSERT_NO_THROW(commit(lies));
    ASSERT_NO_THROW(commit({events({event(1, 1)}, "honest")}));
    EXPECT_EQ(store().summary().events, 1U);
    EXPECT_EQ(store().rollups({"fleet", Span::day, 0, kNoon * 2}).front().bytes_sensed, kMostSum);
    EXPECT_GT(store().device("speaker")->bytes_sensed, uint64_t{1} << 62);
}

TEST_F(StoreTest, CountersAreTotalsOverBoots) {
    commit({report(1, 1000, 10'000), report(1, 2000, 50'000)});
    commit({report(1, 1500, 20'000)});  // overtaken: counters of a boot only grow
    commit({report(2, 500, 7'000)});
    const auto device = store().device("speaker");
    ASSERT_TRUE(device);
    EXPECT_EQ(device->bytes_sensed, 57'000u);
    EXPECT_EQ(device->bytes_sent, 570u);
    EXPECT_EQ(device->bytes_gate, 57u);
    EXPECT_EQ(device->inferences, 5'700u);
    EXPECT_EQ(device->gate_openings, 2u);
    EXPECT_EQ(device->overruns, 2u);
    EXPECT_EQ(device->events_lost, 4u);
    EXPECT_EQ(device->boot, 2u);
    EXPECT_EQ(device->outbox, 3u);
    EXPECT_EQ(device->score_permille, 512u);
    commit({report(1, 100, 1'000, "motor")});
    EXPECT_EQ(store().summary().bytes_sensed, 58'000u);
    EXPECT_EQ(store().summary().devices, 2u);
}

Message device_report(const std::string& device, int64_t received_ms, uint64_t clock_ms,
                      uint64_t sensed, uint16_t score) {
    ReportRecord record;
    record.boot = 1;
    record.clock_ms = clock_ms;
    record.bytes_sensed = sensed;
    record.score_permille = score;
    return {device, received_ms, record};
}

TEST_F(StoreTest, RollupsAddUpByTimeAndByWhatDevicesShare) {
    constexpr auto hour = static_cast<int64_t>(Span::hour);
    constexpr int64_t first = kNoon - kNoon % hour;
    store().set_attributes("a", {{"site", "north"}});
    store().set_attributes("b", {{"site", "north"}, {"line", "1"}});
    commit({device_report("a", first + 1, 1, 1000, 100), device_report("b", first + 2, 1, 500, 990),
            device_report("a", first + hour, hour, 1500, 200)});
    // A decision of the first hour that comes an hour late counts where it belongs.
    commit(
        {events_at(first + hour + 5, hour + 5, 1, {event(1, 1, 5), event(1, 2, hour + 5)}, "a")});

    const auto north = store().rollups({"site:north", Span::hour, 0, first + 10 * hour});
    ASSERT_THAT(north, SizeIs(2));
    EXPECT_EQ(north[0].start_ms, first);
    EXPECT_EQ(north[0].reports, 2U);
    EXPECT_EQ(north[0].bytes_sensed, 1500U);
    EXPECT_EQ(north[0].score_sum, 1090U);
    EXPECT_EQ(north[0].score_most, 990U);
    EXPECT_EQ(north[0].scores[0], 1U);
    EXPECT_EQ(north[0].scores[7], 1U);
    EXPECT_EQ(north[0].alerts, 1U);
    EXPECT_EQ(north[1].bytes_sensed, 500U) << "counters are growth";
    EXPECT_EQ(north[1].alerts, 1U);
    EXPECT_THAT(store().rollups({"line:1", Span::minute, 0, first + hour}), SizeIs(1));
    EXPECT_THAT(store().rollups({"device:a", Span::hour, first + hour, first + 2 * hour}),
                SizeIs(1));
    EXPECT_EQ(store().rollups({"fleet", Span::day, 0, first + 30 * hour}).front().events, 2U);
    EXPECT_THAT(store().rollups({"site:south", Span::day, 0, first + 30 * hour}), IsEmpty());
}

TEST_F(StoreTest, MinutesOfADeviceAreAddedUpFromItsEventsHoweverLateTheyCame) {
    constexpr auto minute = static_cast<int64_t>(Span::minute);
    constexpr int64_t first = kNoon - kNoon % minute;
    EventRecord started = event(1, 3, 61'000);
    started.kind = 1;
    commit({events_at(first + 62'000, 62'000, 1, {event(1, 2, 60'500), started}, "a"),
            events_at(first + 5, 1'000, 1, {event(1, 1)}, "b"),
            device_report("a", first, 1, 9, 9)});
    const auto minutes = [this](int64_t from_ms, int64_t to_ms) {
        std::vector<RollupRow> rows = store().rollups({"device:a", Span::minute, from_ms, to_ms});
        std::vector<std::tuple<int64_t, uint64_t, uint64_t>> sums;
        for (const RollupRow& row : rows) sums.emplace_back(row.start_ms, row.events, row.alerts);
        return sums;
    };
    EXPECT_THAT(minutes(0, 2 * kNoon), ElementsAre(std::tuple(first + minute, 2U, 1U)));
    // One that waited for two hours counts when it happened; the same again counts once.
    for (int i = 0; i < 2; ++i) {
        commit({events_at(first + 7'200'000, 7'200'000, 1, {event(1, 1, 30'000)}, "a")});
        EXPECT_THAT(minutes(0, 2 * kNoon),
                    ElementsAre(std::tuple(first, 1U, 1U), std::tuple(first + minute, 2U, 1U)));
    }
    EXPECT_THAT(minutes(first, first + minute), ElementsAre(std::tuple(first, 1U, 1U)));
    EXPECT_THAT(minutes(first + minute, first + 2 * minute), SizeIs(1));
    EXPECT_THAT(minutes(first + 2 * minute, 2 * kNoon), IsEmpty());
    EXPECT_THAT(store().rollups({"device:c", Span::minute, 0, 2 * kNoon}), IsEmpty());
    // They last as long as the events; hours stay.
    EXPECT_EQ(store().forget_before(2 * kNoon, 100), 4U);
    EXPECT_THAT(minutes(0, 2 * kNoon), IsEmpty());
    EXPECT_EQ(store().rollups({"device:a", Span::day, 0, 2 * kNoon}).front().events, 3U);
}

}  // namespace
}  // namespace ganglion::fleet
