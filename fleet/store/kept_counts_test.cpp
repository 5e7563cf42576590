#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "fleet/testing/store_messages.hpp"
#include "fleet/testing/store_under_test.hpp"

// What a store keeps beside its rows so that a page reads few of them, against those rows.

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using testing::event;
using testing::events;
using testing::events_at;
using testing::kNoon;
using testing::report;
using testing::StoreUnderTest;

class KeptCountsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!under_test_) GTEST_SKIP() << "its database is not on this machine";
    }
    Store& store() { return *opened_; }
    void open_again() {
        opened_.reset();
        opened_ = under_test_->open();
    }

    std::unique_ptr<StoreUnderTest> under_test_ = StoreUnderTest::make();
    std::unique_ptr<Store> opened_ = under_test_ ? under_test_->open() : nullptr;
};

using Counts =
    std::map<std::pair<std::string, std::string>, std::tuple<uint64_t, uint64_t, uint64_t>>;

Counts told(Store& store) {
    Counts counts;
    for (const VersionRow& row : store.versions())
        counts[{row.application, row.version}] = {row.devices, row.online, row.faults};
    return counts;
}

Counts counted(Store& store) {
    Counts counts;
    for (const DeviceRow& row : store.devices({})) {
        if (row.bundle_version.empty()) continue;
        auto& [devices, online, faults] = counts[{row.application, row.bundle_version}];
        ++devices;
        online += row.online ? 1 : 0;
        faults += row.fault.empty() ? 0 : 1;
    }
    return counts;
}

StatusRecord any_status(std::mt19937& random) {
    StatusRecord status;
    status.online = random() % 3 != 0;
    status.retained = random() % 4 == 0;
    if (random() % 2 == 0) status.application = random() % 2 == 0 ? "guard" : "ear";
    if (random() % 2 == 0) status.bundle_version = std::to_string(random() % 3) + ".0.0";
    if (random() % 4 == 0) status.fault = "no sensor";
    return status;
}

TEST_F(KeptCountsTest, VersionsAreWhatDevicesSayWhateverTheySay) {
    std::mt19937 random(1);
    for (int round = 0; round < 60; ++round) {
        std::vector<Message> messages;
        for (uint32_t i = random() % 12; i > 0; --i)
            messages.push_back(
                {"device-" + std::to_string(random() % 9), kNoon, any_status(random)});
        store().commit(messages);
        if (round % 20 == 19) store().mark_all_offline();
        if (round % 13 == 12) open_again();
        ASSERT_EQ(told(store()), counted(store())) << round;
    }
    EXPECT_GT(told(store()).size(), 3U);
}

TEST_F(KeptCountsTest, AVersionCostsTheMostThatOneOfItsDevicesSaid) {
    StatusRecord status;
    status.online = true;
    status.application = "guard";
    status.bundle_version = "1.0.0";
    status.ram_bytes = 100;
    status.flash_bytes = 1000;
    status.instructions = 10;
    store().commit(std::vector<Message>{{"a", kNoon, status}});
    status.ram_bytes = 90;
    status.instructions = 12;
    store().commit(std::vector<Message>{{"b", kNoon, status}});
    EXPECT_EQ(store().versions().at(0).ram_bytes, 100U);
    EXPECT_EQ(store().versions().at(0).flash_bytes, 1000U);
    EXPECT_EQ(store().versions().at(0).instructions, 12U);
    store().commit(std::vector{report(1, 1, 1, "a")});  // 4000 instructions
    EXPECT_EQ(store().versions().at(0).instructions, 4000U);
    // The last two that ran it run another.
    status.bundle_version = "2.0.0";
    store().commit(std::vector<Message>{{"a", kNoon, status}, {"b", kNoon, status}});
    ASSERT_EQ(store().versions().size(), 1U);
    EXPECT_EQ(store().versions().at(0).version, "2.0.0");
    EXPECT_EQ(store().versions().at(0).instructions, 12U);
}

std::vector<int64_t> ids(const std::vector<StoredEvent>& events) {
    std::vector<int64_t> found;
    found.reserve(events.size());
    for (const StoredEvent& stored : events) found.push_back(stored.id);
    return found;
}

TEST_F(KeptCountsTest, PagesOfEventsCutThroughRuns) {
    // Runs of 1 to 90 events of three devices, by turns.
    uint32_t next[3] = {1, 1, 1};
    std::vector<std::pair<std::string, std::vector<EventRecord>>> stored;
    for (uint32_t round = 0; round < 30; ++round) {
        std::vector<EventRecord> run;
        uint32_t& sequence = next[round % 3];
        for (uint32_t i = 0; i <= round * 3; ++i) run.push_back(event(1, sequence++));
        store().commit(std::vector{
            events_at(kNoon + round, 1000, 1, run, "device-" + std::to_string(round % 3))});
    }
    const auto all = store().events({{}, 0, {}, 1'000'000});
    for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].id, static_cast<int64_t>(i + 1));
    std::mt19937 random(2);
    for (int round = 0; round < 200; ++round) {
        EventQuery query;
        query.limit = 1 + random() % 200;
        if (random() % 2 == 0) query.device = "device-" + std::to_string(random() % 3);
        if (random() % 2 == 0) query.after = static_cast<int64_t>(random() % (all.size() + 5));
        if (random() % 2 == 0) query.before = static_cast<int64_t>(random() % (all.size() + 5));
        std::vector<int64_t> expected;
        for (const StoredEvent& one : all) {
            if ((!query.device || one.device == *query.device) &&
                one.id > query.after.value_or(0) && one.id < query.before.value_or(1'000'000))
                expected.push_back(one.id);
        }
        if (expected.size() > query.limit) {
            const auto count = static_cast<std::ptrdiff_t>(query.limit);
            if (query.after)
                expected.erase(expected.begin() + count, expected.end());
            else
                expected.erase(expected.begin(), expected.end() - count);
        }
        ASSERT_EQ(ids(store().events(query)), expected) << round;
    }
}

TEST_F(KeptCountsTest, NamesAreSearchedByTheirLettersAlone) {
    for (const char* id : {"a_b-1", "axb-1", "a%b", "a\\b", "ab"})
        store().commit(std::vector{events({event(1, 1)}, id)});
    const auto found = [this](const std::string& search) {
        std::vector<std::string> names;
        for (const DeviceRow& row : store().devices({"", search, {}, 9})) names.push_back(row.id);
        return names;
    };
    EXPECT_THAT(found("a_b"), ElementsAre("a_b-1"));
    EXPECT_THAT(found("a%"), ElementsAre("a%b"));
    EXPECT_THAT(found("\\"), ElementsAre("a\\b"));
    EXPECT_THAT(found("b-1"), ElementsAre("a_b-1", "axb-1"));
}

}  // namespace
}  // namespace ganglion::fleet
