#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fleet/base/files.hpp"
#include "fleet/base/port.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/spawned_server.hpp"
#include "fleet/testing/temporary_directory.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet {
namespace {

using testing::DeviceClient;
using testing::eventually;
using testing::kPatience;
using testing::SpawnedServer;
using testing::TemporaryDirectory;

TEST(ServerKill, NothingAcknowledgedIsLostHoweverTheServerEnds) {
    const TemporaryDirectory directory;
    const auto state_dir = directory.path() / "state";
    const std::vector<std::string> arguments{state_dir.string()};
    std::optional<SpawnedServer> server(std::in_place, GANGLION_FLEET_SERVER_PROCESS, arguments);
    ASSERT_TRUE(server->wait_for_port());
    const auto port = static_cast<uint16_t>(std::stoi(read_file(state_dir / "mqtt-port")));
    Pki pki = Pki::create(state_dir / "pki");
    DeviceClient speaker(pki, "speaker", port);
    DeviceClient motor(pki, "motor", port);
    ASSERT_TRUE(speaker.wait_until_connected() && motor.wait_until_connected());
    constexpr int rounds = 4;
    constexpr uint32_t events_a_round = 200;
    for (int round = 0; round < rounds; ++round) {
        for (uint32_t index = 0; index < events_a_round; ++index) {
            speaker.add_event();
            motor.add_event("anomaly", EventKind::action);
        }
        const uint32_t some = speaker.through() + 10;  // all may be stored in a moment
        speaker.send_outbox(2);
        motor.send_outbox(2);
        ASSERT_TRUE(eventually([&] { return speaker.through() >= some; }));
        const int status = server->end(SIGKILL);
        ASSERT_TRUE(WIFSIGNALED(status));
        ASSERT_TRUE(eventually([&] { return port_is_free(port); }))
            << "the broker dies with its server";
        server.reset();
        {
            // Between the lives of the server: what the devices were told is there.
            SqliteStore store(state_dir / "fleet.db");
            for (const DeviceClient* device : {&speaker, &motor}) {
                std::set<uint32_t> stored;
                for (const StoredEvent& event : store.events({device->id(), 0, {}, 1'000'000})) {
                    stored.insert(event.event.sequence);
                }
                for (uint32_t sequence = 1; sequence <= device->through(); ++sequence) {
                    ASSERT_TRUE(stored.contains(sequence))
                        << "acknowledged and missing: " << sequence;
                }
            }
        }
        server.emplace(GANGLION_FLEET_SERVER_PROCESS, arguments);
        ASSERT_TRUE(server->wait_for_port());
        ASSERT_TRUE(speaker.deliver(kPatience));
        ASSERT_TRUE(motor.deliver(kPatience));
    }
    const int status = server->end(SIGTERM);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    SqliteStore store(state_dir / "fleet.db");
    for (const char* device : {"speaker", "motor"}) {
        EXPECT_EQ(store.events({device, 0, {}, 1'000'000}).size(), rounds * events_a_round);
        EXPECT_EQ(store.device(device)->events, rounds * events_a_round);
    }
    EXPECT_TRUE(store.gaps({}).empty());
}

}  // namespace
}  // namespace ganglion::fleet
