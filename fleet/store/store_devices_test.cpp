// What the store says of devices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "fleet/testing/store_fixture.hpp"
#include "fleet/testing/store_messages.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kNoon;
using ::testing::SizeIs;
using testing::StoreTest;

TEST_F(StoreTest, StatusTellsWhatRunsAndTheLastWillOnlyThatItEnded) {
    StatusRecord status;
    status.online = true;
    status.application = "wake_word";
    status.bundle_version = "1.2.3";
    status.bundle_digest = {0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 0xff};
    status.boot = 7;
    status.ram_bytes = 20'000;
    status.flash_bytes = 60'000;
    status.instructions = 1'000'000;
    status.firmware_version = "0.1.0";
    status.rate_hz = 16'000;
    commit({{"speaker", kNoon, status}});
    commit({{"speaker", kNoon + 5, StatusRecord{}}});
    const auto device = store().device("speaker");
    ASSERT_TRUE(device);
    EXPECT_FALSE(device->online);
    EXPECT_EQ(device->application, "wake_word");
    EXPECT_EQ(device->bundle_version, "1.2.3");
    EXPECT_EQ(device->bundle_digest, "deadbeef000102ff");
    EXPECT_EQ(device->boot, 7u);
    EXPECT_EQ(device->ram_bytes, 20'000u);
    EXPECT_EQ(device->flash_bytes, 60'000u);
    EXPECT_EQ(device->instructions, 1'000'000u);
    EXPECT_EQ(device->firmware, "0.1.0");
    EXPECT_EQ(device->rate_hz, 16'000u);
    EXPECT_EQ(device->last_seen_ms, kNoon + 5);
}

TEST_F(StoreTest, AFaultLastsUntilTheDeviceDecidesAgain) {
    StatusRecord status;
    status.online = true;
    status.fault = "bundle: bad signature";
    commit({{"speaker", kNoon, status}});
    commit({{"speaker", kNoon, StatusRecord{}}});
    EXPECT_EQ(store().device("speaker")->fault, "bundle: bad signature");
    status.fault.reset();
    commit({{"speaker", kNoon, status}});
    EXPECT_EQ(store().device("speaker")->fault, "");
}

TEST_F(StoreTest, ARetainedStatusDoesNotMeanThatTheDeviceWasHeardNow) {
    StatusRecord status;
    status.online = true;
    commit({{"speaker", kNoon, status}});
    status.retained = true;
    commit({{"speaker", kNoon + 1000, status}});
    EXPECT_EQ(store().device("speaker")->last_seen_ms, kNoon);
    EXPECT_TRUE(store().device("speaker")->online);
    EXPECT_THAT(store().mark_all_offline(), ElementsAre("speaker"));
    EXPECT_THAT(store().mark_all_offline(), IsEmpty());
    EXPECT_FALSE(store().device("speaker")->online);
}

TEST_F(StoreTest, PagesOfDevicesInTheOrderOfTheirIds) {
    using Condition = DeviceQuery::Condition;
    StatusRecord online;
    online.online = true;
    online.bundle_version = "1.0.0";
    StatusRecord faulty = online;
    faulty.fault = "no sensor";
    faulty.bundle_version = "2.0.0";
    commit({{"pump-2", kNoon, online},
            {"Pump-1", kNoon, StatusRecord{}},
            {"fan-1", kNoon, faulty},
            {"pump-10", kNoon, online}});
    const auto ids = [this](const DeviceQuery& query) {
        std::vector<std::string> found;
        for (const DeviceRow& row : store().devices(query)) found.push_back(row.id);
        return found;
    };
    EXPECT_THAT(ids({}), ElementsAre("Pump-1", "fan-1", "pump-10", "pump-2"));
    EXPECT_THAT(ids({"", "", Condition::any, 2}), ElementsAre("Pump-1", "fan-1"));
    EXPECT_THAT(ids({"fan-1", "", Condition::any, 2}), ElementsAre("pump-10", "pump-2"));
    EXPECT_THAT(ids({"pump-2", "", Condition::any, 2}), IsEmpty());
    EXPECT_THAT(ids({"", "ump-1", Condition::any, 9}), ElementsAre("Pump-1", "pump-10"));
    EXPECT_THAT(ids({"", "%", Condition::any, 9}), IsEmpty());
    EXPECT_THAT(ids({"", "", Condition::offline, 9}), ElementsAre("Pump-1"));
    EXPECT_THAT(ids({"", "pump", Condition::online, 9}), ElementsAre("pump-10", "pump-2"));
    EXPECT_THAT(ids({"", "", Condition::fault, 9}), ElementsAre("fan-1"));
    const auto versions = store().versions();
    ASSERT_THAT(versions, SizeIs(2));
    EXPECT_EQ(versions[0].devices, 2U);
    EXPECT_EQ(versions[1].version, "2.0.0");
    EXPECT_EQ(versions[1].faults, 1U);
}

TEST_F(StoreTest, AttributesReplaceThoseBefore) {
    store().set_attributes("pump-7", {{"site", "north"}, {"batch", "B7"}});
    store().set_attributes("pump-7", {{"site", "south"}});
    EXPECT_EQ(store().attributes(),
              (std::map<std::string, Attributes>{{"pump-7", {{"site", "south"}}}}));
    EXPECT_TRUE(store().device("pump-7")) << "known from now on";
}

TEST_F(StoreTest, PlacesAreTheLinesOfSites) {
    StatusRecord status;
    status.online = true;
    commit({{"a", kNoon, status}, {"b", kNoon, status}});
    status.fault = "no sensor";
    commit({{"c", kNoon, status}, {"nowhere", kNoon, status}});
    store().set_attributes("a", {{"site", "south"}, {"line", "1"}});
    store().set_attributes("b", {{"site", "north"}, {"batch", "B7"}});
    store().set_attributes("c", {{"site", "south"}, {"line", "1"}});
    store().set_attributes("d", {{"site", "south"}, {"line", "2"}});
    const auto places = store().places();
    ASSERT_EQ(places.size(), 3U);
    EXPECT_EQ(places[0].site, "north");
    EXPECT_EQ(places[0].line, "");
    EXPECT_EQ(places[1].line, "1");
    EXPECT_EQ(places[1].devices, 2U);
    EXPECT_EQ(places[1].online, 2U);
    EXPECT_EQ(places[1].faults, 1U);
    EXPECT_EQ(places[2].devices, 1U);
    EXPECT_EQ(places[2].online, 0U);
}

}  // namespace
}  // namespace ganglion::fleet
