// Two organisations on one cluster of NATS servers, each with an edge of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/client/api_client.hpp"
#include "fleet/nats/edge.hpp"
#include "fleet/nats/nats_link.hpp"
#include "fleet/server/organisations.hpp"
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

constexpr const char* kPassword = "correct horse battery";

class NatsOrganisationsTest : public testing::SharedFleetTest {
  protected:
    void SetUp() override {
        if (!NatsCluster::is_installed()) GTEST_SKIP() << "no nats-server on this machine";
        SharedFleetTest::SetUp();
        if (IsSkipped()) return;
        for (const char* server : {"first", "second"})
            for (const char* name : {"acme", "globex"})
                add_organisation(state(server), name, "ada", kPassword);
        Pki installation = Pki::create(state("first") / "pki");
        const std::vector<std::string> edges{"north", "acme/north", "globex/north"};
        cluster_ =
            std::make_unique<NatsCluster>(installation, edges, directory_.path() / "cluster");
        for (const std::string& name : edges) {
            EdgeConfig config;
            config.directory = cluster_->edge_folder(name);
            config.nats = cluster_->url();
            config.log = [](std::string_view) {};
            config.announce_every = 1s;
            edges_[name] = std::make_unique<Edge>(config);
        }
    }

    std::unique_ptr<Server> server(const char* name) {
        return started(shared_config(name, cluster_->url(), cluster_->server_folder()));
    }
    static ApiAddress owner(const Server& server, const std::string& organisation) {
        ApiAddress address{"127.0.0.1", server.http_port(), ""};
        address.organisation = organisation;
        address.token = log_in(address, "ada", kPassword);
        return address;
    }

    std::unique_ptr<NatsCluster> cluster_;
    std::map<std::string, std::unique_ptr<Edge>> edges_;
};

TEST_F(NatsOrganisationsTest, DevicesOfOneNameAreThreeAndEveryServerKnowsThemApart) {
    const auto first = server("first");
    auto second = server("second");
    std::map<std::string, std::unique_ptr<DeviceClient>> pumps;
    for (const char* organisation : {"", "acme", "globex"}) {
        const std::string edge =
            *organisation == '\0' ? "north" : organisation + std::string("/north");
        pumps[organisation] = std::make_unique<DeviceClient>(first->pki(organisation), "pump",
                                                             edges_.at(edge)->mqtt_port());
        ASSERT_TRUE(pumps[organisation]->wait_until_connected()) << organisation;
    }
    uint32_t events = 0;
    for (auto& [organisation, pump] : pumps) {
        ++events;
        for (uint32_t i = 0; i < events; ++i) pump->add_event();
        EXPECT_TRUE(pump->deliver(30s)) << organisation;
        EXPECT_THAT(pump->foreign_topics(), IsEmpty());
    }
    EXPECT_EQ(second->store("").device("pump")->events, 1U);
    EXPECT_EQ(second->store("acme").device("pump")->events, 2U);
    EXPECT_EQ(second->store("globex").device("pump")->events, 3U);
    // acme's device is nobody at another's edge.
    for (const char* edge : {"north", "globex/north"}) {
        const DeviceClient intruder(first->pki("acme"), "intruder", edges_.at(edge)->mqtt_port());
        EXPECT_FALSE(eventually([&] { return intruder.is_connected(); }, 500ms)) << edge;
    }
    second.reset();
    pumps.at("acme")->add_event();
    EXPECT_TRUE(pumps.at("acme")->deliver(30s));
}

TEST_F(NatsOrganisationsTest, AnEdgeOfOneNeitherHearsNorSpeaksWhereAnothersDevicesAre) {
    const auto first = server("first");
    DeviceClient pump(first->pki("globex"), "pump", edges_.at("globex/north")->mqtt_port());
    DeviceClient own(first->pki(), "pump", edges_.at("north")->mqtt_port());
    ASSERT_TRUE(pump.wait_until_connected() && own.wait_until_connected());
    // With acme's certificate, under each name that could be another's.
    const auto folder = cluster_->edge_folder("acme/north");
    std::atomic<int> heard{0}, entered{0};
    std::vector<std::unique_ptr<Link>> spies;
    for (const char* organisation : {"", "globex", "*"}) {
        const NatsConfig config{nats_urls(cluster_->url()), folder / "nats-ca.pem",
                                folder / "nats.pem", folder / "nats.key", organisation};
        spies.push_back(nats_link(config, "", [](std::string_view) {})(
            {[&](Link& link) {
                 for (const char* topic :
                      {"ganglion/1/+/event", "ganglion/1/+/ack", "ganglion/1/+/status"})
                     link.subscribe(topic);
                 const std::vector<uint8_t> nonsense{1, 2, 3};
                 link.publish("ganglion/1/pump/event", nonsense);
                 link.publish("ganglion/1/pump/forget", nonsense);
                 ++entered;
             },
             [](const std::string&) {},
             [&](std::string_view, std::span<const uint8_t>, bool) { ++heard; }}));
    }
    ASSERT_TRUE(eventually([&] { return entered == 3; }));
    for (DeviceClient* device : {&pump, &own}) {
        device->add_event();
        EXPECT_TRUE(device->deliver(30s));
        EXPECT_THAT(device->foreign_topics(), IsEmpty());
    }
    EXPECT_EQ(heard, 0);
    EXPECT_EQ(first->store("globex").device("pump")->rejected, 0U);
    EXPECT_EQ(first->store().device("pump")->rejected, 0U);
    EXPECT_FALSE(first->store("acme").device("pump"));
}

TEST_F(NatsOrganisationsTest, ASiteWithItsOwnNodeCarriesWhatItsOrganisationSays) {
    const auto first = server("first");
    edges_.erase("acme/north");
    EdgeConfig config;
    config.directory = cluster_->edge_folder("acme/north");
    config.nats = cluster_->start_site("acme/north");
    config.log = [](std::string_view) {};
    const Edge site(config);
    DeviceClient pump(first->pki("acme"), "pump", site.mqtt_port());
    ASSERT_TRUE(pump.wait_until_connected());
    pump.add_event();
    EXPECT_TRUE(pump.deliver(30s));
    EXPECT_EQ(first->store("acme").device("pump")->events, 1U);
    EXPECT_FALSE(first->store("globex").device("pump"));
    EXPECT_FALSE(first->store().device("pump"));
}

TEST_F(NatsOrganisationsTest, RevocationInOneLeavesTheOthersNamesakeAlone) {
    const auto first = server("first");
    DeviceClient acmes(first->pki("acme"), "pump", edges_.at("acme/north")->mqtt_port());
    DeviceClient globexs(first->pki("globex"), "pump", edges_.at("globex/north")->mqtt_port());
    ASSERT_TRUE(acmes.wait_until_connected() && globexs.wait_until_connected());
    call_api(owner(*first, "acme"), "post", "/api/devices/pump/revoke", {{"reason", "stolen"}});
    EXPECT_TRUE(eventually([&] { return !acmes.is_connected(); }));
    std::this_thread::sleep_for(800ms);
    EXPECT_FALSE(acmes.is_connected()) << "it comes back";
    EXPECT_TRUE(globexs.is_connected());
    globexs.add_event();
    EXPECT_TRUE(globexs.deliver(30s));
}

TEST_F(NatsOrganisationsTest, AnEdgeIsOfAnOrganisationThatIsThere) {
    Pki installation = Pki::create(state("first") / "pki");
    for (const char* edge : {"nobody/north", "/north", "acme/", "acme/../north", "../acme/north"}) {
        NatsPlan plan = cluster_->plan();
        plan.edges = {edge};
        EXPECT_THROW(write_nats_plan(installation, plan, directory_.path() / "wrong"),
                     std::runtime_error)
            << edge;
    }
}

}  // namespace
}  // namespace ganglion::fleet
