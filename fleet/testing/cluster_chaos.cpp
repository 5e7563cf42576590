#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/testing/nats_cluster.hpp"
#include "fleet/testing/shared_chaos.hpp"

namespace ganglion::fleet::testing {
namespace {

const std::array<std::string, 2> kEdges{"north", "south"};

class ClusterChaos final : public SharedChaos {
  public:
    explicit ClusterChaos(const ChaosConfig& config)
        : SharedChaos(config),
          nats_(pki(), {kEdges.begin(), kEdges.end()}, config.directory / "cluster") {
        for (size_t edge = 0; edge < kEdges.size(); ++edge) start_edge(edge);
        start_all();
    }

  private:
    std::string url() const override { return nats_.url(); }
    std::filesystem::path identity() const override { return nats_.server_folder(); }
    uint16_t port_of(uint32_t device) const override {
        const auto folder = nats_.edge_folder(kEdges[device % kEdges.size()]);
        return static_cast<uint16_t>(std::stoi(read_file(folder / "mqtt-port")));
    }

    void start_edge(size_t edge) {
        edges_[edge].reset();
        edges_[edge] = std::make_unique<Part>(
            config().part,
            std::vector<std::string>{"edge", nats_.edge_folder(kEdges[edge]), nats_.url()}, true);
    }

    std::string fail_between() override {
        const size_t which = random()();
        if (random()() % 2 == 0) {
            ++result().edge_kills;
            start_edge(which % kEdges.size());
            return "edge " + kEdges[which % kEdges.size()];
        }
        const size_t node = which % NatsCluster::nodes;
        const bool two = random()() % 3 == 0;
        const size_t other = (node + 1) % NatsCluster::nodes;
        nats_.kill(node);
        if (two) nats_.kill(other);
        result().node_kills += two ? 2 : 1;
        std::this_thread::sleep_for(std::chrono::milliseconds(random()() % 1000));
        nats_.start(node);
        if (two) nats_.start(other);
        return two ? "two NATS nodes" : "NATS node";
    }

    NatsCluster nats_;
    std::array<std::unique_ptr<Part>, 2> edges_;
};

}  // namespace

ChaosResult run_cluster_chaos(const ChaosConfig& config) {
    return ClusterChaos(config).run();
}

}  // namespace ganglion::fleet::testing
