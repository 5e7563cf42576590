#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/nats/cluster_config.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/testing/daemon.hpp"

namespace ganglion::fleet::testing {

/// Three nats-servers on this machine with the configuration that a fleet makes for them, and one
/// at each edge's site where it is asked for; gone with their owner.
class NatsCluster {
  public:
    /// Whether Debian's nats-server is on this machine.
    static bool is_installed();

    /// Makes the plan in `directory`, and starts the nodes.
    NatsCluster(Pki& pki, const std::vector<std::string>& edges,
                const std::filesystem::path& directory);
    NatsCluster(const NatsCluster&) = delete;
    NatsCluster& operator=(const NatsCluster&) = delete;

    static constexpr size_t nodes = 3;
    /// Where servers and edges find it.
    std::string url() const;
    const NatsPlan& plan() const { return plan_; }
    /// Ends a node with SIGKILL; starts it again. The second returns when it listens.
    void kill(size_t node);
    void start(size_t node);
    /// The nats-server at an edge's site; returns its address.
    std::string start_site(const std::string& edge);
    /// Any nats-server of this machine, started in this folder, where its output goes to "log".
    void start_beside(const std::filesystem::path& folder, const char* configuration);
    std::filesystem::path edge_folder(const std::string& edge) const;
    std::filesystem::path server_folder() const { return directory_ / "server"; }

  private:
    std::filesystem::path directory_;
    NatsPlan plan_;
    std::array<Daemon, nodes> running_;
    std::vector<Daemon> sites_;
};

}  // namespace ganglion::fleet::testing
