#include "fleet/testing/shared_chaos.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include "fleet/store/open_store.hpp"
#include "fleet/testing/postgres_cluster.hpp"

namespace ganglion::fleet::testing {
namespace {

using std::chrono::milliseconds;

const std::array<std::string, 2> kServers{"first", "second"};

const std::filesystem::path& prepared(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    return folder;
}

}  // namespace

SharedChaos::SharedChaos(const ChaosConfig& config)
    : config_(config),
      random_(config.seed),
      database_(PostgresCluster::shared().new_database()),
      pki_(Pki::create(prepared(config.directory) / "first" / "pki")),
      devices_(config.devices) {}

void SharedChaos::start_all() {
    for (size_t server = 0; server < kServers.size(); ++server) start_server(server);
    for (uint32_t device = 0; device < config_.devices; ++device) {
        pki_.issue_device(chaos_device_id(device));
        start_device(device, false);
    }
    gateway_ = std::make_unique<ChaosGateway>(config_, pki_, port_of(config_.devices),
                                              ChaosGateway::Config{});
}

void SharedChaos::start_server(size_t server) {
    servers_[server].reset();
    std::vector<std::string> arguments{"server", config_.directory / kServers[server], database_,
                                       url()};
    if (server != 0) arguments.push_back(identity());
    servers_[server] = std::make_unique<Part>(config_.part, arguments, true);
}

void SharedChaos::start_device(uint32_t device, bool damage) {
    devices_[device].reset();
    devices_[device] = start_chaos_device(config_, device, port_of(device),
                                          config_.directory / "first" / "pki", random_(), damage);
}

ChaosResult SharedChaos::run() {
    for (uint32_t round = 1; round <= config_.rounds; ++round) {
        std::this_thread::sleep_for(milliseconds(50 + random_() % 350));
        const std::string what = fail_somewhere();
        if (config_.progress) config_.progress(round, what);
    }
    empty_outboxes(devices_, result_);
    if (!gateway_->come_to_rest()) ++result_.waiting_forever;
    const auto store = open_store(database_, config_.directory / kServers[0]);
    compare_with_journals(*store, config_.directory, config_.devices, result_);
    gateway_->compare(*store, result_);
    return result_;
}

std::string SharedChaos::fail_somewhere() {
    const size_t which = random_();
    switch (random_() % 10) {
        case 0:
        case 1: {
            const auto device = static_cast<uint32_t>(which % config_.devices);
            devices_[device]->end(SIGKILL);
            ++result_.device_kills;
            const bool damage = random_() % 3 == 0;
            start_device(device, damage);
            return damage ? "device, its flash damaged" : "device";
        }
        case 2:
            gateway_->kill_and_restart();
            ++result_.gateway_kills;
            return "gateway";
        case 3:
            PostgresCluster::shared().kill_and_restart();
            ++result_.database_kills;
            return "database";
        case 4:
        case 5: {
            const size_t server = which % kServers.size();
            servers_[server]->end(SIGKILL);
            ++result_.server_kills;
            // The other one is alone for a while.
            std::this_thread::sleep_for(milliseconds(random_() % 1000));
            start_server(server);
            return kServers[server] + " server";
        }
        default:
            return fail_between();
    }
}

}  // namespace ganglion::fleet::testing
