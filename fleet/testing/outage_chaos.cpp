#include <chrono>
#include <csignal>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/chaos.hpp"
#include "fleet/testing/chaos_gateway.hpp"
#include "fleet/testing/chaos_parts.hpp"
#include "fleet/testing/rough_network.hpp"

namespace ganglion::fleet::testing {
namespace {

/// A minute is a week.
constexpr uint32_t kClockSpeed = 10'080;
constexpr uint64_t kMostEvents = 2000;

}  // namespace

ChaosResult run_outage_chaos(const ChaosConfig& config) {
    const auto state = config.directory / "state";
    std::filesystem::create_directories(config.directory);
    const Part server(config.part, std::vector<std::string>{"server", state.string()}, true);
    RoughNetwork network(static_cast<uint16_t>(std::stoi(read_file(state / "mqtt-port"))),
                         config.seed);
    Pki pki = Pki::create(state / "pki");
    ChaosGateway gateway(
        config, pki, network.port(),
        {.devices = config.devices, .most_events = kMostEvents, .clock_speed = kClockSpeed});
    std::mt19937_64 random(config.seed);
    const auto moment = [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 350));
    };
    moment();  // some events come through before
    network.cut();
    ChaosResult result;
    for (uint32_t round = 1; round <= config.rounds; ++round) {
        moment();
        gateway.kill_and_restart();
        ++result.gateway_kills;
        if (config.progress) config.progress(round, "gateway, without its network");
    }
    network.mend();
    ++result.network_cuts;
    if (!gateway.come_to_rest()) ++result.waiting_forever;
    SqliteStore store(state / "fleet.db");
    result.stored = store.summary().events;
    result.disk_bytes = gateway.disk_bytes();
    gateway.compare(store, result);
    return result;
}

}  // namespace ganglion::fleet::testing
