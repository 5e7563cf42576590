#include "fleet/backup/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kPatience;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

class BackupTest : public ::testing::Test {
  protected:
    ServerConfig config(const std::string& state) {
        ServerConfig config;
        config.state_dir = directory_.path() / state;
        config.log = log_.log();
        return config;
    }
    std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }

    testing::TemporaryDirectory directory_;
    testing::LogLines log_;
};

TEST_F(BackupTest, ABackupMadeUnderLoadIsRestoredAndServesTheSameDevices) {
    Server server(config("state"));
    server.start();
    testing::DeviceClient device(server.pki(), "speaker", server.mqtt_port());
    ASSERT_TRUE(device.wait_until_connected());
    for (int i = 0; i < 200; ++i) device.add_event();
    ASSERT_TRUE(device.deliver(kPatience));
    std::atomic<bool> stop{false};
    std::thread load([&] {
        while (!stop) {
            for (int i = 0; i < 10; ++i) device.add_event();
            device.deliver(std::chrono::seconds(5));
        }
    });
    EXPECT_THAT(back_up(path("state"), path("backup")), Not(IsEmpty()));
    stop = true;
    load.join();
    EXPECT_FALSE(server.fault()) << "the server did not mind";
    const uint64_t at_the_end = server.store().device("speaker")->events;
    server.stop();
    EXPECT_THAT(faults_of_backup(path("backup")), IsEmpty());
    restore(path("backup"), path("restored"));

    Server restored(config("restored"));
    restored.start();
    const auto events = restored.store().events({"speaker", 0, {}, 1'000'000});
    std::set<uint32_t> sequences;
    for (const StoredEvent& event : events) sequences.insert(event.event.sequence);
    EXPECT_GE(events.size(), 200U);
    EXPECT_LE(events.size(), at_the_end);
    EXPECT_EQ(sequences.size(), events.size());
    EXPECT_EQ(*sequences.rbegin(), events.size()) << "a state that was, not a mixture";
    EXPECT_EQ(restored.store().device("speaker")->events, events.size());
    // The device's certificate is still of this fleet.
    testing::DeviceClient again(restored.pki(), "speaker", restored.mqtt_port(), 2);
    again.add_event();
    EXPECT_TRUE(again.deliver(kPatience));
    for (const char* path : {"/api/incidents", "/api/certificates", "/api/privacy"}) {
        EXPECT_NO_THROW(get_json({"127.0.0.1", restored.http_port()}, path)) << path;
    }
}

TEST_F(BackupTest, WhatWasChangedCutOrAddedIsNotRestored) {
    {
        Server server(config("state"));
        server.start();
    }
    back_up(path("state"), path("backup"));
    EXPECT_THAT([&] { back_up(path("state"), path("backup")); },
                ThrowsMessage<std::runtime_error>(HasSubstr("new folder")));
    const auto file = path("backup") / "state" / "pki" / "ca.pem";
    const std::string before = read_file(file);
    std::ofstream(file, std::ios::app) << "x";
    EXPECT_THAT(faults_of_backup(path("backup")), ElementsAre(HasSubstr("ca.pem was changed")));
    EXPECT_THAT([&] { restore(path("backup"), path("restored")); },
                ThrowsMessage<std::runtime_error>(HasSubstr("not whole")));
    EXPECT_FALSE(std::filesystem::exists(path("restored")));
    write_private_file(file, before);
    write_private_file(path("backup") / "state" / "more", "x");
    EXPECT_THAT(faults_of_backup(path("backup")), SizeIs(1));
    std::filesystem::remove(path("backup") / "state" / "more");
    std::filesystem::remove(path("backup") / "state" / "fleet.db");
    EXPECT_THAT(faults_of_backup(path("backup")), ElementsAre(HasSubstr("fleet.db is missing")));
}

TEST_F(BackupTest, NothingIsWrittenOverAndNothingIsReadableByOthers) {
    {
        Server server(config("state"));
        server.start();
    }
    back_up(path("state"), path("backup"));
    EXPECT_THAT([&] { restore(path("backup"), path("state")); },
                ThrowsMessage<std::runtime_error>(HasSubstr("exists")));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path("backup"))) {
        const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
        EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none)
            << entry.path();
    }
    EXPECT_THAT([&] { back_up(path("nothing"), path("other")); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no state folder")));
}

}  // namespace
}  // namespace ganglion::fleet
