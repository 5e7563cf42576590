#include "fleet/alert/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/alert/alert_service.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/sinks.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kNoon = 1'700'000'000'000;
constexpr int64_t kHour = 3'600'000;

Message status(const std::string& device, bool online, const std::string& fault = "") {
    StatusRecord record;
    record.online = online;
    record.boot = 1;
    if (!fault.empty()) record.fault = fault;
    return {device, kNoon, record};
}

Message decision(const std::string& device, uint32_t sequence, const std::string& label) {
    EventRecord event;
    event.boot = 1;
    event.sequence = sequence;
    event.label = label;
    event.score_permille = 900;
    return {device, kNoon, EventsMessage{0, 1, {event}}};
}

class WatchTest : public ::testing::Test {
  protected:
    void commit(std::vector<Message> messages) { store_.commit(messages); }
    std::vector<Incident> open() { return incidents_.list(IncidentState::open, 100); }

    testing::TemporaryDirectory directory_;
    SqliteStore store_{directory_.path() / "fleet.db"};
    Incidents incidents_{directory_.path() / "incidents.db", nullptr};
    std::optional<std::string> fault_;
    Watch watch_{store_, incidents_, [this] { return fault_; }};
};

TEST_F(WatchTest, ADecisionWithARuleIsAnAlarmAndAnyOtherIsNone) {
    incidents_.put(AlarmRule{"anomaly", Severity::critical});
    commit({decision("motor", 1, "anomaly"), decision("speaker", 1, "alexa")});
    EXPECT_TRUE(watch_.look_at_events(kNoon));
    EXPECT_TRUE(watch_.look_at_events(kNoon + 1)) << "the same events once";
    ASSERT_THAT(open(), SizeIs(1));
    EXPECT_EQ(open().front().kind, "decision anomaly");
    EXPECT_THAT(open().front().text, HasSubstr("motor decided anomaly at 900 permille"));
}

TEST_F(WatchTest, EventsFromBeforeAlertingAreNoAlarms) {
    commit({decision("motor", 1, "anomaly")});
    Incidents others(directory_.path() / "others.db", nullptr);
    others.put(AlarmRule{"anomaly", Severity::critical});
    Watch watch(store_, others, nullptr);
    watch.look_at_events(kNoon);
    EXPECT_THAT(others.list(std::nullopt, 10), IsEmpty());
    commit({decision("motor", 2, "anomaly")});
    Watch again(store_, others, nullptr);
    again.look_at_events(kNoon);
    EXPECT_THAT(others.list(std::nullopt, 10), SizeIs(1));
}

TEST_F(WatchTest, ADeviceThatIsAwayForLongIsOfflineUntilItIsBack) {
    commit({status("motor", true)});
    commit({status("motor", false)});
    watch_.look_at_devices(kNoon + 1000);
    EXPECT_THAT(open(), IsEmpty()) << "a short while is nothing";
    watch_.look_at_devices(kNoon + kHour);
    ASSERT_THAT(open(), SizeIs(1));
    EXPECT_THAT(open().front().text, HasSubstr("motor was not heard for 60 minutes"));
    commit({status("motor", true)});
    watch_.look_at_devices(kNoon + 2 * kHour);
    incidents_.tick(kNoon + 3 * kHour);
    EXPECT_THAT(open(), IsEmpty());
}

TEST_F(WatchTest, AFaultAndTheServersOwnTroubleAreAlarms) {
    commit({status("motor", true, "sensor stuck")});
    fault_ = "the disk is full";
    watch_.look_at_devices(kNoon);
    std::string texts;
    for (const Incident& incident : open()) texts += incident.text + "\n";
    EXPECT_THAT(texts, HasSubstr("sensor stuck"));
    EXPECT_THAT(texts, HasSubstr("the disk is full"));
}

TEST_F(WatchTest, DevicesAreGroupedByTheirSite) {
    store_.set_attributes("a", {{"site", "north"}});
    store_.set_attributes("b", {{"site", "north"}});
    commit({status("a", true, "hot"), status("b", true, "hot")});
    watch_.look_at_devices(kNoon);
    ASSERT_THAT(open(), SizeIs(1));
    EXPECT_EQ(open().front().scope, "site:north");
}

TEST_F(WatchTest, TheServiceTellsOfADecisionByItself) {
    const testing::WebhookSink sink;
    testing::LogLines log;
    Incidents incidents(directory_.path() / "live.db", nullptr, {0, 600'000, 60'000, kHour});
    incidents.put(Channel{"hook", "webhook", sink.url(), "", "", "", "", Severity::info, 0});
    incidents.put(AlarmRule{"fall", Severity::critical});
    using std::chrono::milliseconds;
    const AlertService service(
        store_, incidents, nullptr, nullptr, log.log(),
        {milliseconds(10), milliseconds(10), milliseconds(50), milliseconds(10)}, {0, 100, 1000});
    Message fall = decision("watch-1", 1, "fall");
    fall.received_ms = now_ms();
    commit({fall});
    EXPECT_TRUE(testing::eventually([&] { return !sink.posts().empty(); }));
    EXPECT_THAT(sink.posts().front().text, HasSubstr("watch-1 decided fall"));
}

}  // namespace
}  // namespace ganglion::fleet
