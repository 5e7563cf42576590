#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/store/open_store.hpp"
#include "fleet/testing/chaos.hpp"
#include "fleet/testing/chaos_parts.hpp"
#include "fleet/testing/nats_cluster.hpp"
#include "fleet/testing/postgres_cluster.hpp"

namespace ganglion::fleet::testing {
namespace {

using std::chrono::milliseconds;

const std::array<std::string, 2> kEdges{"north", "south"};
const std::array<std::string, 2> kServers{"first", "second"};

class ClusterChaos {
  public:
    explicit ClusterChaos(const ChaosConfig& config)
        : config_(config),
          random_(config.seed),
          database_(PostgresCluster::shared().new_database()),
          pki_(Pki::create(config.directory / "first" / "pki")),
          nats_(pki_, {kEdges.begin(), kEdges.end()}, config.directory / "cluster") {
        for (size_t server = 0; server < kServers.size(); ++server) start_server(server);
        for (size_t edge = 0; edge < kEdges.size(); ++edge) start_edge(edge);
        devices_.resize(config.devices);
        for (uint32_t device = 0; device < config.devices; ++device) {
            pki_.issue_device(chaos_device_id(device));
            start_device(device, false);
        }
    }

    ChaosResult run() {
        for (uint32_t round = 1; round <= config_.rounds; ++round) {
            std::this_thread::sleep_for(milliseconds(50 + random_() % 350));
            const std::string what = fail_somewhere();
            if (config_.progress) config_.progress(round, what);
        }
        empty_outboxes(devices_, result_);
        const auto store = open_store(database_, config_.directory / "first");
        compare_with_journals(*store, config_.directory, config_.devices, result_);
        return result_;
    }

  private:
    void start_server(size_t server) {
        servers_[server].reset();
        std::vector<std::string> arguments{"server", config_.directory / kServers[server],
                                           database_, nats_.url()};
        if (server != 0) arguments.push_back(nats_.server_folder());
        servers_[server] = std::make_unique<Part>(config_.part, arguments, true);
    }

    void start_edge(size_t edge) {
        edges_[edge].reset();
        edges_[edge] = std::make_unique<Part>(
            config_.part,
            std::vector<std::string>{"edge", nats_.edge_folder(kEdges[edge]), nats_.url()}, true);
    }

    void start_device(uint32_t device, bool damage) {
        devices_[device].reset();
        const std::string port =
            read_file(nats_.edge_folder(kEdges[device % kEdges.size()]) / "mqtt-port");
        devices_[device] =
            start_chaos_device(config_, device, static_cast<uint16_t>(std::stoi(port)),
                               config_.directory / "first" / "pki", random_(), damage);
    }

    std::string fail_somewhere() {
        const size_t which = random_();
        switch (random_() % 8) {
            case 0:
            case 1: {
                const auto device = static_cast<uint32_t>(which % config_.devices);
                ++result_.device_kills;
                const bool damage = random_() % 3 == 0;
                start_device(device, damage);
                return damage ? "device, its flash damaged" : "device";
            }
            case 2:
            case 3:
                ++result_.edge_kills;
                start_edge(which % kEdges.size());
                return "edge " + kEdges[which % kEdges.size()];
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
            default: {
                const size_t node = which % NatsCluster::nodes;
                const bool two = random_() % 3 == 0;
                const size_t other = (node + 1) % NatsCluster::nodes;
                nats_.kill(node);
                if (two) nats_.kill(other);
                result_.node_kills += two ? 2 : 1;
                std::this_thread::sleep_for(milliseconds(random_() % 1000));
                nats_.start(node);
                if (two) nats_.start(other);
                return two ? "two NATS nodes" : "NATS node";
            }
        }
    }

    ChaosConfig config_;
    std::mt19937_64 random_;
    ChaosResult result_;
    std::string database_;
    Pki pki_;
    NatsCluster nats_;
    std::array<std::unique_ptr<Part>, 2> servers_, edges_;
    std::vector<std::unique_ptr<Part>> devices_;
};

}  // namespace

ChaosResult run_cluster_chaos(const ChaosConfig& config) {
    std::filesystem::create_directories(config.directory);
    return ClusterChaos(config).run();
}

}  // namespace ganglion::fleet::testing
