#include "fleet/privacy/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/alert/watch.hpp"
#include "fleet/store/retention.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kDay = static_cast<int64_t>(Span::day);
constexpr int64_t kMidnight = 19'000 * kDay;

class PrivacyTest : public ::testing::Test {
  protected:
    void report(const std::string& device, int64_t at_ms, uint64_t sent, uint64_t gate) {
        ReportRecord record;
        record.boot = 1;
        record.bytes_sensed = 1000 * sent;
        record.bytes_sent = sent;
        record.bytes_gate = gate;
        store_.commit(std::vector<Message>{{device, at_ms, record}});
    }

    testing::TemporaryDirectory directory_;
    SqliteStore store_{directory_.path() / "fleet.db"};
    together::TogetherStore shared_{directory_.path() / "together.db"};
    PrivacyLedger ledger_{
        directory_.path() / "privacy.db", store_,
        [this](int64_t from_ms, int64_t to_ms) { return shared_.spent(from_ms, to_ms); }};
    Pki pki_ = Pki::create(directory_.path() / "pki");
};

TEST_F(PrivacyTest, EachDaysBytesStandAgainstTheDevicesBudget) {
    ledger_.put({"*", 64'000, 100'000});
    ledger_.put({"quiet", 0, 5'000});
    report("speaker", kMidnight + 1, 70'000, 64'000);
    report("speaker", kMidnight + kDay + 1, 140'000, 128'001);  // totals: 64 001 more
    report("quiet", kMidnight + 1, 4'000, 1);
    const auto days = ledger_.days(kMidnight, kMidnight + 2 * kDay);
    ASSERT_THAT(days, SizeIs(3));
    EXPECT_TRUE(days[0].is_breach()) << "one byte of samples where none may leave";
    EXPECT_FALSE(days[1].is_breach()) << "the budget itself is none";
    EXPECT_TRUE(days[2].is_breach());
    EXPECT_EQ(days[2].bytes_gate, 64'001U);
}

TEST_F(PrivacyTest, WhatLearningTogetherCostStandsByTheDayAndAddsUp) {
    report("motor", kMidnight + 1, 5'000, 0);
    shared_.spend("motor", kMidnight + 5, 1, 40, 2);
    shared_.spend("motor", kMidnight + 6, 0, 30, 0);
    shared_.spend("motor", kMidnight + kDay + 7, 2, 41, 4.5);
    const auto days = ledger_.days(kMidnight, kMidnight + 2 * kDay);
    ASSERT_THAT(days, SizeIs(2)) << "also of a day without a report";
    EXPECT_EQ(days[0].bytes_sent, 5'000U);
    EXPECT_EQ(days[0].shared.bytes, 70U);
    EXPECT_EQ(days[0].shared.contributions, 1U);
    EXPECT_DOUBLE_EQ(days[0].shared.rho, 2);
    EXPECT_EQ(days[1].device, "motor");
    EXPECT_DOUBLE_EQ(days[1].shared.rho, 4.5);
    EXPECT_DOUBLE_EQ(days[1].shared.rho_so_far, 6.5);
    const auto late = ledger_.days(kMidnight + kDay, kMidnight + 2 * kDay);
    ASSERT_THAT(late, SizeIs(1));
    EXPECT_DOUBLE_EQ(late[0].shared.rho_so_far, 6.5) << "what was before counts";
}

TEST_F(PrivacyTest, ABreachIsAnAlertAndNothingIsWithoutABudget) {
    report("speaker", kMidnight + 1, 70'000, 64'000);
    EXPECT_THAT(ledger_.breaches(kMidnight + 2), IsEmpty());
    ledger_.put({"*", 0, 1'000'000});
    Incidents incidents(directory_.path() / "incidents.db", nullptr);
    Watch watch(store_, incidents, nullptr, [this](int64_t now) { return ledger_.breaches(now); });
    watch.look_at_insight(kMidnight + 2);
    const auto open = incidents.list(IncidentState::open, 10);
    ASSERT_THAT(open, SizeIs(1));
    EXPECT_EQ(open.front().kind, "privacy");
    EXPECT_EQ(open.front().severity, Severity::critical);
    EXPECT_THAT(open.front().text, HasSubstr("speaker let out 64000 bytes of samples (budget 0)"));
}

TEST_F(PrivacyTest, AnExportIsSignedAndAnyChangeIsFound) {
    ledger_.put({"*", 0, 1'000});
    report("speaker", kMidnight + 1, 70'000, 64'000);
    const auto exported = ledger_.signed_export(pki_, kMidnight, kMidnight + kDay, kMidnight + 5);
    EXPECT_FALSE(fault_of_export(exported, pki_.ca_pem()));
    const auto body = nlohmann::json::parse(exported["body"].get<std::string>());
    EXPECT_EQ(body["days"][0]["bytes_gate"], 64'000);
    EXPECT_EQ(body["days"][0]["breach"], true);
    auto changed = exported;
    std::string text = changed["body"];
    text.replace(text.find("64000"), 5, "00000");
    changed["body"] = text;
    EXPECT_THAT(fault_of_export(changed, pki_.ca_pem()).value_or(""), HasSubstr("changed"));
    Pki other = Pki::create(directory_.path() / "other");
    EXPECT_TRUE(fault_of_export(exported, other.ca_pem()));
    // A device of the fleet cannot sign one.
    const Identity device = pki_.issue_device("speaker");
    auto forged = exported;
    forged["certificate"] = device.cert_pem;
    EXPECT_TRUE(fault_of_export(forged, pki_.ca_pem()));
    EXPECT_TRUE(fault_of_export(nlohmann::json::object(), pki_.ca_pem()));
}

TEST_F(PrivacyTest, TheRetentionForgetsWhatIsTooOld) {
    EventRecord event;
    event.boot = 1;
    event.sequence = 1;
    event.label = "old";
    store_.commit(std::vector<Message>{{"speaker", kMidnight, EventsMessage{0, 1, {event}}}});
    testing::LogLines log;
    {
        const Retention off(store_, 0, log.log(), std::chrono::milliseconds(1));
        EXPECT_THAT(store_.events({}), SizeIs(1));
    }
    const Retention week(store_, 7, log.log(), std::chrono::milliseconds(10));
    EXPECT_TRUE(testing::eventually([&] { return store_.events({}).empty(); }));
}

}  // namespace
}  // namespace ganglion::fleet
