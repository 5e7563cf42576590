// A fleet on a cluster of NATS servers: three nodes, two servers on one PostgreSQL, two edges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

#include "fleet/base/files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/client/follower.hpp"
#include "fleet/nats/edge.hpp"
#include "fleet/nats/nats_link.hpp"
#include "fleet/server/server.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/nats_cluster.hpp"
#include "fleet/testing/shared_fleet.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using namespace std::chrono_literals;
using testing::DeviceClient;
using testing::eventually;
using ::testing::IsEmpty;
using testing::NatsCluster;

class NatsTest : public testing::SharedFleetTest {
  protected:
    void SetUp() override {
        if (!NatsCluster::is_installed()) GTEST_SKIP() << "no nats-server on this machine";
        SharedFleetTest::SetUp();
        if (IsSkipped()) return;
        pki_.emplace(Pki::create(state("first") / "pki"));
        cluster_ = std::make_unique<NatsCluster>(*pki_, std::vector<std::string>{"north", "south"},
                                                 directory_.path() / "cluster");
    }

    std::unique_ptr<Server> server(const char* name) {
        ServerConfig config = shared_config(name, cluster_->url(), cluster_->server_folder());
        config.absent_after = 4s;
        return started(config);
    }
    std::unique_ptr<Edge> edge(const char* name, std::string url = {}) {
        EdgeConfig config;
        config.directory = cluster_->edge_folder(name);
        config.nats = url.empty() ? cluster_->url() : url;
        config.log = log_.log();
        config.announce_every = 1s;
        return std::make_unique<Edge>(config);
    }
    NatsConfig as(const std::string& files) const {
        return {nats_urls(cluster_->url()), files.substr(0, files.rfind('/')) + "/ca.pem",
                files + ".pem", files + ".key"};
    }

    std::optional<Pki> pki_;
    std::unique_ptr<NatsCluster> cluster_;
};

TEST_F(NatsTest, ServersShareTheWorkAndAnswerThroughAnyNode) {
    const auto first = server("first");
    const auto second = server("second");
    const auto north = edge("north");
    DeviceClient pump(*pki_, "pump.1", north->mqtt_port());
    ASSERT_TRUE(pump.wait_until_connected());
    pump.send_status(testing::online_status());
    // Who follows one server hears what the other stores, in order and each once.
    std::atomic<bool> stop{false};
    std::atomic<uint32_t> followed{0};
    std::thread follower([&] {
        const auto count = [&, last = int64_t{0}](const nlohmann::json& event) mutable {
            const auto id = event.at("id").get<int64_t>();
            if (id > std::exchange(last, id)) ++followed;
        };
        follow({"127.0.0.1", first->http_port()}, 0,
               {count, [](const nlohmann::json&) {}, [](const std::string&) {}}, stop);
    });
    constexpr uint32_t events = 200;
    for (uint32_t i = 0; i < events; ++i) pump.add_event();
    EXPECT_TRUE(pump.deliver(30s, 1));
    EXPECT_TRUE(eventually([&] { return followed == events; })) << followed;
    stop = true;
    follower.join();
    EXPECT_EQ(first->store().device("pump.1")->events, events);
    EXPECT_TRUE(eventually([&] { return first->store().device("pump.1")->online; }));
    EXPECT_TRUE(first->store().gaps({}).empty());
    // One alone goes on with the rest.
    first->stop();
    pump.add_event();
    EXPECT_TRUE(pump.deliver(30s));
    EXPECT_EQ(second->store().device("pump.1")->events, events + 1);
}

TEST_F(NatsTest, ADeviceIsHeardOnItsOwnTopicsAloneAndOnTheBusNotAtAll) {
    const auto first = server("first");
    const auto north = edge("north");
    const auto south = edge("south");
    DeviceClient a(*pki_, "a", north->mqtt_port());
    DeviceClient b(*pki_, "b", south->mqtt_port());
    ASSERT_TRUE(a.wait_until_connected() && b.wait_until_connected());
    a.subscribe("ganglion/1/#");
    a.publish("ganglion/1/b/event", {1, 2, 3});
    a.publish("ganglion/1/a/event", {1, 2, 3});
    b.add_event();
    EXPECT_TRUE(b.deliver(30s));
    EXPECT_TRUE(eventually([&] {
        const auto row = first->store().device("a");
        return row && row->rejected == 1;
    }));
    EXPECT_EQ(first->store().device("b")->rejected, 0u);
    EXPECT_THAT(a.foreign_topics(), IsEmpty());
    // A device's certificate opens no way past the edges; an edge's no way to say what servers say.
    std::atomic<bool> entered{false};
    const auto listen = [&](const std::string& files, std::atomic<int>& heard) {
        return nats_link(as(files), "", [](std::string_view) {})(
            {[&](Link& link) {
                 entered = true;
                 link.subscribe("ganglion/1/+/event");
                 link.publish("ganglion/1/b/forget", {});
             },
             [](const std::string&) {},
             [&](std::string_view, std::span<const uint8_t>, bool) { ++heard; }});
    };
    std::atomic<int> heard{0};
    {
        std::filesystem::copy_file(pki_->ca_file(), directory_.path() / "first/pki/devices/ca.pem");
        const auto stranger = listen((directory_.path() / "first/pki/devices/a").string(), heard);
        EXPECT_FALSE(eventually([&] { return entered.load(); }, 1s));
    }
    const auto spy = listen((cluster_->edge_folder("north") / "edge").string(), heard);
    ASSERT_TRUE(eventually([&] { return entered.load(); }));
    b.add_event();
    EXPECT_TRUE(b.deliver(30s));
    EXPECT_EQ(heard, 0);
    EXPECT_THAT(b.foreign_topics(), IsEmpty());
}

TEST_F(NatsTest, ADeviceIsNoNodeAndNoSite) {
    const Identity device = pki_->issue_device("a");
    const auto folder = cluster_->edge_folder("south");
    for (const char* name : {"edge", "nats"}) write_identity(folder, name, device);
    const auto is_refused = [&] {
        return eventually([&] {
            return read_file(folder / "log").find("uthorization Violation") != std::string::npos;
        });
    };
    cluster_->start_site("south");
    EXPECT_TRUE(is_refused()) << read_file(folder / "log");
    write_private_file(folder / "node.conf",
                       "listen: \"localhost:" + std::to_string(pick_free_port()) +
                           "\"\ncluster { name: \"ganglion\", listen: \"localhost:" +
                           std::to_string(pick_free_port()) +
                           "\", tls { cert_file: \"edge.pem\", key_file: \"edge.key\", ca_file: "
                           "\"ca.pem\" }, routes: [ \"nats-route://localhost:" +
                           std::to_string(cluster_->plan().nodes[0].cluster_port) + "\" ] }\n");
    cluster_->start_beside(folder, "node.conf");
    EXPECT_TRUE(is_refused()) << read_file(folder / "log");
}

TEST_F(NatsTest, WhoIsThereIsKnownThroughARestartOfServersAndTheLossOfAnEdge) {
    auto first = server("first");
    const auto north = edge("north");
    auto south = edge("south");
    DeviceClient a(*pki_, "a", north->mqtt_port());
    DeviceClient b(*pki_, "b", south->mqtt_port());
    ASSERT_TRUE(a.wait_until_connected() && b.wait_until_connected());
    a.send_status(testing::online_status());
    b.send_status(testing::online_status());
    const auto is_online = [&](const char* id) {
        const auto row = first->store().device(id);
        return row && row->online;
    };
    ASSERT_TRUE(eventually([&] { return is_online("a") && is_online("b"); }));
    first.reset();
    first = server("first");
    EXPECT_TRUE(eventually([&] { return is_online("a") && is_online("b"); }));
    // An edge that is gone takes no leave of anybody.
    ::kill(south->broker_pid(), SIGKILL);
    south.reset();
    EXPECT_TRUE(eventually([&] { return !is_online("b"); }));
    EXPECT_TRUE(is_online("a"));
}

TEST_F(NatsTest, RevocationEndsALiveConnectionAtAnyEdgeAndTheOthersStay) {
    const auto first = server("first");
    const auto north = edge("north");
    const auto south = edge("south");
    DeviceClient pump(*pki_, "pump", south->mqtt_port());
    DeviceClient fan(*pki_, "fan", south->mqtt_port());
    ASSERT_TRUE(pump.wait_until_connected() && fan.wait_until_connected());
    const pid_t broker = south->broker_pid();
    revoke(*first, "pump");
    EXPECT_TRUE(eventually([&] { return !pump.is_connected(); }));
    testing::give_it_time();
    EXPECT_FALSE(pump.is_connected()) << "it comes back";
    EXPECT_TRUE(fan.is_connected());
    EXPECT_EQ(south->broker_pid(), broker) << "the broker was started again";
}

TEST_F(NatsTest, AnEdgeThatWasAwayLearnsWhoWasRevokedWhenItIsBack) {
    const auto first = server("first");
    auto south = edge("south");
    DeviceClient pump(*pki_, "pump", south->mqtt_port());
    DeviceClient fan(*pki_, "fan", south->mqtt_port());
    ASSERT_TRUE(pump.wait_until_connected() && fan.wait_until_connected());
    for (size_t node = 0; node < NatsCluster::nodes; ++node) cluster_->kill(node);
    revoke(*first, "pump");
    testing::give_it_time();
    EXPECT_TRUE(pump.is_connected()) << "nobody could tell the edge";
    for (size_t node = 0; node < NatsCluster::nodes; ++node) cluster_->start(node);
    EXPECT_TRUE(eventually([&] { return !pump.is_connected(); }));
    testing::give_it_time();
    EXPECT_FALSE(pump.is_connected());
    EXPECT_TRUE(eventually([&] { return fan.is_connected(); }));
}

TEST_F(NatsTest, ASiteWithItsOwnNodeIsAsTheOthersAndKeepsEventsThroughItsLineBeingCut) {
    const auto first = server("first");
    const auto north = edge("north", cluster_->start_site("north"));
    DeviceClient pump(*pki_, "pump", north->mqtt_port());
    ASSERT_TRUE(pump.wait_until_connected());
    pump.add_event();
    EXPECT_TRUE(pump.deliver(30s));
    for (size_t node = 0; node < NatsCluster::nodes; ++node) cluster_->kill(node);
    for (int i = 0; i < 10; ++i) pump.add_event();
    EXPECT_FALSE(pump.deliver(1s));
    EXPECT_TRUE(pump.is_connected()) << "the site's devices lost their broker";
    for (size_t node = 0; node < NatsCluster::nodes; ++node) cluster_->start(node);
    EXPECT_TRUE(pump.deliver(30s));
    EXPECT_EQ(first->store().device("pump")->events, 11u);
    EXPECT_TRUE(first->store().gaps({}).empty());
}

TEST_F(NatsTest, NothingIsLostOrStoredTwiceWhateverIsKilled) {
    const std::string command = std::string(GANGLION_FLEET_CHAOS) + " 24 7 " +
                                (directory_.path() / "chaos").string() + " cluster";
    EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace ganglion::fleet
