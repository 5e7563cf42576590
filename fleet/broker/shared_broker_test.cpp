// A fleet at a broker that is none of its own: a plain mosquitto, two servers on one PostgreSQL.
#include "fleet/testing/shared_broker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/server/organisations.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/http.hpp"
#include "fleet/testing/shared_fleet.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using namespace std::chrono_literals;
using testing::DeviceClient;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SharedBroker;
using ::testing::ThrowsMessage;

class SharedBrokerTest : public testing::SharedFleetTest {
  protected:
    void SetUp() override {
        SharedFleetTest::SetUp();
        if (IsSkipped()) return;
        pki_.emplace(Pki::create(state("first") / "pki"));
        broker_ = std::make_unique<SharedBroker>(*pki_, std::vector<std::string>{"second"},
                                                 directory_.path() / "shared");
    }

    ServerConfig server_config(const std::string& name) {
        return shared_config(name, broker_->url(), broker_->server_folder(name));
    }
    std::unique_ptr<Server> server(const std::string& name, const std::string& on_revoked = {}) {
        ServerConfig config = server_config(name);
        config.on_revoked = on_revoked;
        return started(config);
    }
    /// Hears and says with a further server's certificate.
    std::unique_ptr<MqttClient> as_further_server(const std::filesystem::path& folder,
                                                  const std::string& id,
                                                  std::atomic<int>& heard) const {
        MqttConfig config;
        config.port = broker_->port();
        config.id = id;
        config.ca_file = folder / "ca.pem";
        config.certificate_file = folder / "server.pem";
        config.key_file = folder / "server.key";
        return std::make_unique<MqttClient>(
            config,
            MqttHandlers{[] {}, [](const std::string&) {},
                         [&heard](std::string_view, std::span<const uint8_t>, bool) { ++heard; }});
    }

    std::optional<Pki> pki_;
    std::unique_ptr<SharedBroker> broker_;
};

TEST(MqttAddresses, AreHostsAndPorts) {
    const auto both = mqtt_addresses("mqtts://a.example.org:8883,b:1");
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0].host, "a.example.org");
    EXPECT_EQ(both[0].port, 8883);
    EXPECT_EQ(both[1].host, "b");
    for (const char* wrong : {"mqtts://", "mqtts://a", "mqtts://:1", "mqtts://a:0",
                              "mqtts://a:70000", "mqtts://a:1/x", "mqtts://a:1,", "mqtts://a:1x"})
        EXPECT_THROW((void)mqtt_addresses(wrong), std::runtime_error) << wrong;
}

TEST_F(SharedBrokerTest, EachMessageGoesToOneServerAndEitherGoesOnAlone) {
    auto first = server("first");
    auto second = server("second");
    DeviceClient pump(*pki_, "pump", broker_->port());
    ASSERT_TRUE(pump.wait_until_connected());
    constexpr uint32_t messages = 40;
    for (uint32_t i = 0; i < messages; ++i) {
        pump.add_event();
        ASSERT_TRUE(pump.deliver(30s));
    }
    // Were each message heard by both, each would have been answered twice.
    testing::give_it_time();
    EXPECT_LT(pump.acks(), messages + messages / 2);
    EXPECT_EQ(second->store().device("pump")->events, messages);
    first.reset();
    pump.add_event();
    EXPECT_TRUE(pump.deliver(30s));
    first = server("first");
    second.reset();
    pump.add_event();
    EXPECT_TRUE(pump.deliver(30s));
    EXPECT_EQ(first->store().device("pump")->events, messages + 2);
    EXPECT_TRUE(first->store().gaps({}).empty());
}

TEST_F(SharedBrokerTest, WhoIsThereEveryServerKnowsThroughRestartsOfServersAndBroker) {
    auto first = server("first");
    const auto second = server("second");
    auto pump = std::make_unique<DeviceClient>(*pki_, "pump", broker_->port());
    DeviceClient fan(*pki_, "fan", broker_->port());
    ASSERT_TRUE(pump->wait_until_connected() && fan.wait_until_connected());
    pump->send_status(testing::online_status());
    fan.send_status(testing::online_status());
    const auto is_online = [&](const char* id) {
        const auto row = second->store().device(id);
        return row && row->online;
    };
    ASSERT_TRUE(eventually([&] { return is_online("pump") && is_online("fan"); }));
    first.reset();
    first = server("first");
    EXPECT_TRUE(eventually([&] { return is_online("pump") && is_online("fan"); }));
    broker_->kill();
    pump.reset();
    broker_->start();
    ASSERT_TRUE(fan.wait_until_connected());
    EXPECT_TRUE(eventually([&] {
        fan.send_status(testing::online_status());
        std::this_thread::sleep_for(50ms);
        return is_online("fan") && !is_online("pump");
    }));
}

TEST_F(SharedBrokerTest, ADeviceHearsItsOwnTopicsAloneAndTakesNoShareOfWhatOthersSay) {
    const auto first = server("first");
    DeviceClient a(*pki_, "a", broker_->port());
    DeviceClient b(*pki_, "b", broker_->port());
    ASSERT_TRUE(a.wait_until_connected() && b.wait_until_connected());
    for (const char* pattern : {"ganglion/1/#", "$share/ingest/ganglion/1/+/event",
                                "$share/a/ganglion/1/#", "$share/+/ganglion/1/+/event"})
        a.subscribe(pattern);
    a.publish("ganglion/1/b/event", {1, 2, 3});
    a.publish("ganglion/1/a/event", {1, 2, 3});
    constexpr uint32_t messages = 20;
    size_t sent = 0;
    for (; sent < messages; ++sent) {
        b.add_event();
        b.send_outbox();
        ASSERT_TRUE(eventually([&] { return b.waiting() == 0; }, 10s))
            << "a message went to somebody who may not hear it";
    }
    EXPECT_TRUE(eventually([&] {
        const auto row = first->store().device("a");
        return row && row->rejected == 1;
    }));
    EXPECT_EQ(first->store().device("b")->rejected, 0U);
    EXPECT_THAT(a.foreign_topics(), IsEmpty());
}

TEST_F(SharedBrokerTest, AServerThatIsNotInThePlanHearsNothingAndNoServerSpeaksAsADevice) {
    const auto first = server("first");
    DeviceClient pump(*pki_, "pump", broker_->port());
    ASSERT_TRUE(pump.wait_until_connected());
    testing::TemporaryDirectory elsewhere;
    write_mqtt_plan(*pki_, {"localhost", 1, {"third"}}, elsewhere.path());
    std::atomic<int> third_heard{0}, second_heard{0};
    const auto third = as_further_server(elsewhere.path() / "server-third",
                                         Pki::server_id_of("third"), third_heard);
    const auto second = as_further_server(broker_->server_folder("second"),
                                          Pki::server_id_of("second"), second_heard);
    ASSERT_TRUE(eventually([&] { return third->is_connected() && second->is_connected(); }));
    third->subscribe("ganglion/1/#");
    second->subscribe("ganglion/1/#");
    const std::vector<uint8_t> nonsense{1, 2, 3};
    second->publish("ganglion/1/pump/event", nonsense);
    second->publish("ganglion/1/pump/offer", nonsense);
    third->publish("ganglion/1/pump/forget", nonsense);
    pump.add_event();
    EXPECT_TRUE(pump.deliver(30s));
    EXPECT_TRUE(eventually([&] { return second_heard > 0; }));
    EXPECT_EQ(third_heard, 0);
    EXPECT_EQ(first->store().device("pump")->rejected, 0U);
    EXPECT_THAT(pump.foreign_topics(), IsEmpty());
}

TEST_F(SharedBrokerTest, RevocationEndsALiveConnectionAndTheOthersStay) {
    const std::string carry = "cp \"$1\" " + (broker_->folder() / "revoked.pem").string() +
                              " && kill -HUP " + std::to_string(broker_->pid()) + " && sleep 0.3";
    const auto first = server("first", carry);
    DeviceClient pump(*pki_, "pump", broker_->port());
    DeviceClient fan(*pki_, "fan", broker_->port());
    ASSERT_TRUE(pump.wait_until_connected() && fan.wait_until_connected());
    revoke(*first, "pump");
    EXPECT_TRUE(eventually([&] { return !pump.is_connected(); }));
    testing::give_it_time();
    EXPECT_FALSE(pump.is_connected()) << "it comes back";
    EXPECT_TRUE(fan.is_connected());
}

TEST_F(SharedBrokerTest, ABrokerOnThisMachineReadsTheListWithoutACommand) {
    ServerConfig config = server_config("first");
    config.broker_folder = broker_->folder();
    const auto first = started(config);
    DeviceClient pump(*pki_, "pump", broker_->port());
    DeviceClient fan(*pki_, "fan", broker_->port());
    ASSERT_TRUE(pump.wait_until_connected() && fan.wait_until_connected());
    revoke(*first, "pump");
    EXPECT_TRUE(eventually([&] { return !pump.is_connected(); }));
    testing::give_it_time();
    EXPECT_FALSE(pump.is_connected()) << "it comes back";
    EXPECT_TRUE(fan.is_connected());
    EXPECT_FALSE(log_.contains("the broker admits who was revoked"));
    broker_->kill();
    // Its place at a broker that is gone is tried for a while.
    EXPECT_EQ(testing::answered(testing::patient_client(first->http_port())
                                    .Post("/api/devices/fan/revoke", R"({"reason":"stolen"})",
                                          "application/json"))
                  ->status,
              200);
    EXPECT_TRUE(log_.contains("the broker admits who was revoked"));
    broker_->start();
    testing::give_it_time();
    EXPECT_FALSE(fan.is_connected()) << "a broker that starts reads the list";
}

TEST_F(SharedBrokerTest, WhereTheListDoesNotReachTheBrokerItIsSaid) {
    const auto first = server("first", "exit 3");
    DeviceClient pump(*pki_, "pump", broker_->port());
    ASSERT_TRUE(pump.wait_until_connected());
    revoke(*first, "pump");
    EXPECT_TRUE(log_.contains("the broker admits who was revoked"));
}

TEST_F(SharedBrokerTest, AnOrganisationHasABrokerOfItsOwnAndItsDevicesAreNoneOfAnothers) {
    for (const char* server : {"first", "second"})
        add_organisation(directory_.path() / server, "acme", "ada", "correct horse battery");
    Pki acme = Pki::create(organisation_folder(directory_.path() / "first", "acme") / "pki");
    const SharedBroker broker(acme, {"second"}, directory_.path() / "acmes");
    ServerConfig config = server_config("first");
    EXPECT_THAT([&] { Server(config).start(); },
                ThrowsMessage<std::runtime_error>(HasSubstr("acme has no broker")));
    config.organisation_brokers = {{"acme", broker_->url()}};
    EXPECT_THAT([&] { Server(config).start(); },
                ThrowsMessage<std::runtime_error>(HasSubstr("broker of its own")));
    config.organisation_brokers = {{"acme", broker.url()}};
    auto first = std::make_unique<Server>(config);
    first->start();
    ServerConfig further = server_config("second");
    further.organisation_brokers = config.organisation_brokers;
    create_private_directory(further.identity / "organisations");
    std::filesystem::copy(broker.server_folder("second"),
                          further.identity / "organisations" / "acme");
    Server second(further);
    second.start();
    DeviceClient own(*pki_, "pump", broker_->port());
    DeviceClient acmes(acme, "pump", broker.port());
    const DeviceClient intruder(acme, "intruder", broker_->port());
    ASSERT_TRUE(own.wait_until_connected() && acmes.wait_until_connected());
    first.reset();  // the further server alone speaks for both
    own.add_event();
    for (int i = 0; i < 2; ++i) acmes.add_event();
    EXPECT_TRUE(own.deliver(30s));
    EXPECT_TRUE(acmes.deliver(30s));
    EXPECT_FALSE(intruder.is_connected());
    EXPECT_EQ(second.store().device("pump")->events, 1U);
    EXPECT_EQ(second.store("acme").device("pump")->events, 2U);
}

TEST_F(SharedBrokerTest, NothingIsLostOrStoredTwiceWhateverIsKilled) {
    const std::string command = std::string(GANGLION_FLEET_CHAOS) + " 24 7 " +
                                (directory_.path() / "chaos").string() + " shared-broker";
    EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace ganglion::fleet
