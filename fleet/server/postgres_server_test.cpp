#include <gtest/gtest.h>

#include "fleet/server/server.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/postgres_cluster.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using testing::DeviceClient;
using testing::eventually;
using testing::PostgresCluster;
using testing::TemporaryDirectory;

TEST(PostgresServers, TwoServersShareOneMemoryThroughAKillOfTheDatabase) {
    if (!PostgresCluster::is_installed()) GTEST_SKIP() << "no PostgreSQL on this machine";
    const TemporaryDirectory directory;
    const std::string uri = PostgresCluster::shared().new_database();
    const auto config = [&](const char* name) {
        ServerConfig made;
        made.state_dir = directory.path() / name;
        made.store = uri;
        made.log = [](std::string_view) {};
        return made;
    };
    Server north(config("north"));
    Server south(config("south"));
    north.start();
    south.start();
    DeviceClient pump(north.pki(), "pump", north.mqtt_port());
    DeviceClient fan(south.pki(), "fan", south.mqtt_port());
    ASSERT_TRUE(pump.wait_until_connected() && fan.wait_until_connected());
    constexpr uint32_t rounds = 3;
    constexpr uint32_t events = 20;
    for (uint32_t round = 0; round < rounds; ++round) {
        for (uint32_t i = 0; i < events; ++i) {
            pump.add_event();
            fan.add_event();
        }
        if (round == 1) PostgresCluster::shared().kill_and_restart();
        EXPECT_TRUE(eventually([&] {
            pump.send_outbox(5);
            fan.send_outbox(5);
            return pump.waiting() == 0 && fan.waiting() == 0;
        }));
    }
    for (Server* server : {&north, &south}) {
        EXPECT_EQ(server->store().device("pump")->events, rounds * events);
        EXPECT_EQ(server->store().device("fan")->events, rounds * events);
        EXPECT_TRUE(server->store().gaps({}).empty());
    }
    EXPECT_FALSE(std::filesystem::exists(directory.path() / "north" / "fleet.db"));
}

}  // namespace
}  // namespace ganglion::fleet
