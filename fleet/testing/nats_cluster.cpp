#include "fleet/testing/nats_cluster.hpp"

#include <unistd.h>

#include "fleet/base/port.hpp"

namespace ganglion::fleet::testing {
namespace {

constexpr const char* kProgram = "/usr/sbin/nats-server";

Daemon nats_server(const std::filesystem::path& folder, const char* configuration) {
    return {kProgram, folder, configuration, "Server is ready"};
}

}  // namespace

bool NatsCluster::is_installed() {
    return ::access(kProgram, X_OK) == 0;
}

NatsCluster::NatsCluster(Pki& pki, const std::vector<std::string>& edges,
                         const std::filesystem::path& directory)
    : directory_(directory) {
    for (size_t node = 0; node < nodes; ++node)
        plan_.nodes.push_back({"localhost", pick_free_port(), pick_free_port(), pick_free_port()});
    plan_.edges = edges;
    plan_.site_port = pick_free_port();
    write_nats_plan(pki, plan_, directory);
    for (size_t node = 0; node < nodes; ++node) start(node);
}

std::string NatsCluster::url() const {
    std::string url;
    for (const NatsNode& node : plan_.nodes)
        url += (url.empty() ? "nats://" : ",") + node.host + ":" + std::to_string(node.port);
    return url;
}

void NatsCluster::kill(size_t node) {
    running_.at(node).kill();
}

void NatsCluster::start(size_t node) {
    running_.at(node) = nats_server(directory_ / ("node-" + std::to_string(node + 1)), "nats.conf");
}

void NatsCluster::start_beside(const std::filesystem::path& folder, const char* configuration) {
    sites_.push_back(nats_server(folder, configuration));
}

std::string NatsCluster::start_site(const std::string& edge) {
    start_beside(edge_folder(edge), "leaf.conf");
    return "nats://localhost:" + std::to_string(plan_.site_port);
}

std::filesystem::path NatsCluster::edge_folder(const std::string& edge) const {
    return directory_ / fleet::edge_folder(edge);
}

}  // namespace ganglion::fleet::testing
