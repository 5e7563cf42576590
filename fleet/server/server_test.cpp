#include "fleet/server/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "fleet/base/port.hpp"
#include "fleet/client/follower.hpp"
#include "fleet/store/sqlite.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/log_lines.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::AllOf;
using testing::DeviceClient;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kPatience;
using testing::LogLines;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

constexpr uint32_t kAll = 1'000'000;

class ServerTest : public ::testing::Test {
  protected:
    ServerConfig config() {
        ServerConfig config;
        config.state_dir = directory_.path() / "state";
        config.log = log_.log();
        return config;
    }
    ApiAddress api() const { return {"127.0.0.1", server_.http_port()}; }

    TemporaryDirectory directory_;
    LogLines log_;
    Server server_{config()};
};

/// Every event exactly once and in order of sequence.
void expect_stored_once(Store& store, const std::string& device, size_t count) {
    std::set<uint32_t> sequences;
    const auto stored = store.events({device, 0, {}, kAll});
    for (const StoredEvent& event : stored) sequences.insert(event.event.sequence);
    EXPECT_EQ(stored.size(), count);
    EXPECT_EQ(sequences.size(), count);
    EXPECT_THAT(store.gaps(device), IsEmpty());
}

TEST_F(ServerTest, StoresExactlyOnceWhatADeviceSendsManyTimes) {
    server_.start();
    DeviceClient device(server_.pki(), "speaker", server_.mqtt_port());
    ASSERT_TRUE(device.wait_until_connected());
    for (int index = 0; index < 200; ++index) device.add_event();
    // All of it four times, in messages of different sizes, before any ack is waited for.
    for (const size_t per_message : {1u, 16u, 3u, 7u}) device.send_outbox(per_message);
    ASSERT_TRUE(device.deliver(kPatience));
    EXPECT_EQ(device.through(), 200u);
    expect_stored_once(server_.store(), "speaker", 200);
    EXPECT_EQ(server_.store().device("speaker")->events, 200u);
}

TEST_F(ServerTest, DuplicatesAreAcknowledgedToo) {
    server_.start();
    {
        DeviceClient device(server_.pki(), "speaker", server_.mqtt_port());
        ASSERT_TRUE(device.wait_until_connected());
        device.add_event();
        ASSERT_TRUE(device.deliver(kPatience));
    }
    // A device that never saw the ack sends the same event again.
    const StoredEvent stored = server_.store().events({}).at(0);
    EventBatch batch;
    batch.boot = 1;
    batch.clock_ms = stored.event.clock_ms;
    batch.count = 1;
    batch.events[0].boot = 1;
    batch.events[0].sequence = 1;
    batch.events[0].clock_ms = stored.event.clock_ms;
    batch.events[0].label = EventLabel(stored.event.label);
    batch.events[0].score_permille = stored.event.score_permille;
    batch.events[0].sample = stored.event.sample;
    std::vector<uint8_t> payload(kMaxBatchBytes);
    payload.resize(encode(batch, payload));
    DeviceClient again(server_.pki(), "speaker", server_.mqtt_port());
    ASSERT_TRUE(again.wait_until_connected());
    EXPECT_TRUE(eventually([&] {
        again.send_raw("event", payload);
        return again.through() == 1;
    }));
    expect_stored_once(server_.store(), "speaker", 1);
}

TEST_F(ServerTest, TellsThatADeviceIsOnlineAndWhenItIsGone) {
    server_.start();
    {
        DeviceClient device(server_.pki(), "speaker", server_.mqtt_port());
        ASSERT_TRUE(device.wait_until_connected());
        StatusMessage status;
        status.online = true;
        status.application = "wake_word";
        device.send_status(status);
        ReportMessage report;
        report.boot = 1;
        report.bytes_sensed = 64'000;
        report.bytes_sent = 640;
        device.send_report(report);
        ASSERT_TRUE(eventually([&] {
            const auto row = server_.store().device("speaker");
            return row && row->online && row->bytes_sensed == 64'000;
        }));
        EXPECT_EQ(get_json(api(), "/api/summary")["reduction"], 100.0);
        // The broker is gone, and with it what it knew of the device; its client comes back and
        // says hello again.
        const pid_t broker = server_.broker_pid();
        ::kill(broker, SIGKILL);
        ASSERT_TRUE(eventually([&] { return !server_.store().device("speaker")->online; }));
        ASSERT_TRUE(eventually([&] { return device.is_connected() && !server_.fault(); }));
        device.send_status(status);
        ASSERT_TRUE(eventually([&] { return server_.store().device("speaker")->online; }));
    }
    DeviceClient other(server_.pki(), "motor", server_.mqtt_port());
    ASSERT_TRUE(other.wait_until_connected());
    StatusMessage status;
    status.online = false;
    other.send_status(status);
    ASSERT_TRUE(eventually([&] { return server_.store().device("motor").has_value(); }));
    EXPECT_FALSE(server_.store().device("motor")->online);
}

TEST_F(ServerTest, ADeviceIsToldToForgetWhatItHasLearned) {
    server_.start();
    const auto forget = [&] {
        return call_api(api(), "post", "/api/devices/motor/forget", {{"reason", "new bearing"}});
    };
    EXPECT_THAT(forget, ThrowsMessage<std::runtime_error>(HasSubstr("not online")));
    DeviceClient device(server_.pki(), "motor", server_.mqtt_port());
    ASSERT_TRUE(device.wait_until_connected());
    device.subscribe("ganglion/1/motor/forget");
    StatusMessage status;
    status.online = true;
    status.boot = 7;
    device.send_status(status);
    ASSERT_TRUE(eventually([&] {
        const auto row = server_.store().device("motor");
        return row && row->online;
    }));
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(forget()["told"], true);
        return !device.foreign_topics().empty();
    }));
    EXPECT_EQ(device.foreign_topics().front(), "ganglion/1/motor/forget");
}

TEST_F(ServerTest, AKilledBrokerLosesNothing) {
    server_.start();
    DeviceClient device(server_.pki(), "speaker", server_.mqtt_port());
    ASSERT_TRUE(device.wait_until_connected());
    constexpr uint32_t rounds = 5;
    for (uint32_t round = 0; round < rounds; ++round) {
        for (int index = 0; index < 100; ++index) device.add_event();
        device.send_outbox(4);
        ::kill(server_.broker_pid(), SIGKILL);
        const uint32_t acknowledged = device.through();
        EXPECT_GE(server_.store().events({"speaker", 0, {}, kAll}).size(), acknowledged);
        ASSERT_TRUE(device.deliver(kPatience));
    }
    expect_stored_once(server_.store(), "speaker", rounds * 100);
    ASSERT_TRUE(eventually([&] { return !server_.fault(); }));
    EXPECT_EQ(get_json(api(), "/api/devices")[0]["events"], rounds * 100);
}

TEST_F(ServerTest, AFloodOfMalformedMessagesIsCountedAndStopsNobody) {
    server_.start();
    DeviceClient bad(server_.pki(), "bad", server_.mqtt_port());
    DeviceClient good(server_.pki(), "good", server_.mqtt_port());
    ASSERT_TRUE(bad.wait_until_connected() && good.wait_until_connected());
    std::mt19937 random(7);
    for (int index = 0; index < 2000; ++index) {
        std::vector<uint8_t> payload(random() % 200);
        std::ranges::generate(payload, [&] { return static_cast<uint8_t>(random()); });
        payload.insert(payload.begin(), 0xff);  // no item of CBOR begins so
        const std::array<const char*, 4> channels{"event", "status", "report", "gate"};
        bad.send_raw(channels[static_cast<size_t>(index) % channels.size()], payload);
    }
    for (int index = 0; index < 50; ++index) good.add_event();
    ASSERT_TRUE(good.deliver(kPatience));
    ASSERT_TRUE(eventually([&] {
        const auto row = server_.store().device("bad");
        return row && row->rejected == 2000;
    }));
    EXPECT_EQ(server_.store().device("bad")->events, 0u);
    EXPECT_EQ(server_.store().device("good")->rejected, 0u);
    EXPECT_EQ(bad.acks(), 0u);
    EXPECT_FALSE(server_.fault());
}

TEST_F(ServerTest, WhileTheStoreCannotCommitNothingIsAcknowledged) {
    server_.start();
    DeviceClient device(server_.pki(), "speaker", server_.mqtt_port());
    ASSERT_TRUE(device.wait_until_connected());
    {
        Database other(config().state_dir / "fleet.db");
        other.run("BEGIN IMMEDIATE");
        for (int index = 0; index < 10; ++index) device.add_event();
        EXPECT_FALSE(device.deliver(std::chrono::milliseconds(1800)));
        EXPECT_EQ(device.acks(), 0u);
        ASSERT_TRUE(
            eventually([&] { return log_.contains("nothing is acknowledged, trying again"); }));
        EXPECT_THAT([&] { get_json(api(), "/healthz"); },
                    ThrowsMessage<std::runtime_error>(HasSubstr("503")));
        other.run("COMMIT");
    }
    ASSERT_TRUE(device.deliver(kPatience));
    EXPECT_EQ(log_.count("nothing is acknowledged"), 1u) << "one line, not one per attempt";
    EXPECT_TRUE(log_.contains("the store works again"));
    EXPECT_FALSE(server_.fault());
    expect_stored_once(server_.store(), "speaker", 10);
}

TEST_F(ServerTest, GoesOnWithTheSameStateFolder) {
    server_.start();
    const uint16_t port = server_.mqtt_port();
    DeviceClient device(server_.pki(), "speaker", port);
    ASSERT_TRUE(device.wait_until_connected());
    device.add_event();
    ASSERT_TRUE(device.deliver(kPatience));
    server_.stop();
    EXPECT_TRUE(port_is_free(port));
    device.add_event();
    server_.start();
    EXPECT_EQ(server_.mqtt_port(), port) << "devices know this port";
    ASSERT_TRUE(device.deliver(kPatience)) << "the device's certificate and the broker's still fit";
    expect_stored_once(server_.store(), "speaker", 2);
}

TEST_F(ServerTest, ATakenPortIsOneClearLine) {
    server_.start();
    for (const bool mqtt : {true, false}) {
        ServerConfig second = config();
        second.state_dir = directory_.path() / "second";
        (mqtt ? second.mqtt_port : second.http_port) =
            mqtt ? server_.mqtt_port() : server_.http_port();
        Server other(second);
        EXPECT_THAT([&] { other.start(); }, ThrowsMessage<std::runtime_error>(AllOf(
                                                HasSubstr(mqtt ? "MQTT port" : "HTTP port"),
                                                HasSubstr("already taken"), Not(HasSubstr("\n")))));
    }
    EXPECT_FALSE(server_.fault());
}

TEST_F(ServerTest, OneFolderIsForOneServer) {
    server_.start();
    Server other(config());
    EXPECT_THAT([&] { other.start(); },
                ThrowsMessage<std::runtime_error>(HasSubstr("another fleet server")));
}

TEST_F(ServerTest, SaysWhatIsWrongWithTheFolder) {
    ServerConfig odd = config();
    odd.state_dir = "/proc/nothing";
    Server server(odd);
    EXPECT_THAT([&] { server.start(); },
                ThrowsMessage<std::runtime_error>(HasSubstr("/proc/nothing")));
    EXPECT_THROW(server.http_port(), std::runtime_error);
}

TEST_F(ServerTest, AFollowerSeesEveryEventOnceAcrossARestart) {
    server_.start();
    ServerConfig fixed = config();
    fixed.http_port = server_.http_port();
    server_.stop();
    Server server(fixed);
    server.start();
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::vector<uint32_t> seen;
    FollowHandlers handlers;
    handlers.event = [&](const nlohmann::json& event) {
        const std::lock_guard lock(mutex);
        seen.push_back(event.at("sequence"));
    };
    handlers.device = [](const nlohmann::json&) {};
    handlers.lost = [](const std::string&) {};
    std::thread follower([&] { follow({"127.0.0.1", fixed.http_port}, 0, handlers, stop); });
    DeviceClient device(server.pki(), "speaker", server.mqtt_port());
    ASSERT_TRUE(device.wait_until_connected());
    for (int round = 0; round < 2; ++round) {
        for (int index = 0; index < 20; ++index) device.add_event();
        EXPECT_TRUE(device.deliver(kPatience));
        if (round == 0) {
            server.stop();
            server.start();
        }
    }
    EXPECT_TRUE(eventually([&] {
        const std::lock_guard lock(mutex);
        return seen.size() >= 40;
    }));
    stop = true;
    follower.join();
    ASSERT_THAT(seen, SizeIs(40));
    for (uint32_t index = 0; index < 40; ++index) EXPECT_EQ(seen[index], index + 1);
}

}  // namespace
}  // namespace ganglion::fleet
