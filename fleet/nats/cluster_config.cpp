#include "fleet/nats/cluster_config.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <span>
#include <stdexcept>

#include "fleet/access/secret.hpp"
#include "fleet/base/files.hpp"
#include "fleet/broker/broker_config.hpp"
#include "fleet/nats/admission.hpp"
#include "fleet/nats/nats_link.hpp"
#include "fleet/nats/subject.hpp"

namespace ganglion::fleet {
namespace {

/// A revocation list of some 200,000 certificates; everything else is far smaller.
constexpr int kMaxPayload = 8 << 20;

std::string subjects(std::span<const char* const> channels, const std::vector<std::string>& more) {
    std::vector<std::string> all;
    for (const char* channel : channels)
        all.push_back('"' + subject_of(std::string("ganglion/1/+/") + channel) + '"');
    for (const std::string& topic : more) all.push_back('"' + subject_of(topic) + '"');
    return fmt::format("[{}]", fmt::join(all, ", "));
}

/// A user that a certificate names, and what it may say and hear.
std::string user(const std::string& common_name, const std::string& says,
                 const std::string& hears) {
    return fmt::format("    {{ user: \"CN={}\", permissions: {{ publish: {}, subscribe: {} }} }}\n",
                       common_name, says, hears);
}

std::string server_user() {
    return user(Pki::server_id, subjects(server_channels(), {kRollCallTopic, kAdmissionTopic}),
                subjects(device_channels(), {kAskTopic}));
}

std::string edge_user(const std::string& name) {
    return user(Pki::edge_id(name), subjects(device_channels(), {kAskTopic}),
                subjects(server_channels(), {kRollCallTopic, kAdmissionTopic}));
}

std::string tls(const char* name, const char* verify) {
    return fmt::format(
        "tls {{ cert_file: \"{0}.pem\", key_file: \"{0}.key\", ca_file: \"ca.pem\"{1} }}", name,
        verify);
}

std::string node_configuration(const NatsPlan& plan, size_t number, const std::string& secret) {
    const NatsNode& node = plan.nodes[number];
    std::vector<std::string> routes;
    for (size_t other = 0; other < plan.nodes.size(); ++other)
        if (other != number)
            routes.push_back(fmt::format("\"nats-route://node:{}@{}:{}\"", secret,
                                         plan.nodes[other].host, plan.nodes[other].cluster_port));
    std::string users = server_user();
    for (const std::string& edge : plan.edges) users += edge_user(edge);
    return fmt::format(
        "# One node of the fleet's cluster: nats-server -c nats.conf, in this folder.\n"
        "server_name: \"node-{}\"\nlisten: \"{}:{}\"\nmax_payload: {}\n{}\n"
        "authorization {{\n  users: [\n{}  ]\n}}\n"
        "cluster {{\n  name: \"ganglion\"\n  listen: \"{}:{}\"\n"
        "  authorization {{ user: \"node\", password: \"{}\" }}\n  {}\n  routes: [{}]\n}}\n"
        "leafnodes {{\n  listen: \"{}:{}\"\n  {}\n}}\n",
        number + 1, node.host, node.port, kMaxPayload, tls("node", ", verify_and_map: true"), users,
        node.host, node.cluster_port, secret, tls("node", ", verify: true"),
        fmt::join(routes, ", "), node.host, node.leaf_port, tls("node", ", verify_and_map: true"));
}

std::string leaf_configuration(const NatsPlan& plan, const std::string& edge) {
    std::vector<std::string> hubs;
    for (const NatsNode& node : plan.nodes)
        hubs.push_back(fmt::format("\"tls://{}:{}\"", node.host, node.leaf_port));
    return fmt::format(
        "# A nats-server at the edge's site: nats-server -c leaf.conf, in this folder.\n"
        "server_name: \"site-{}\"\nlisten: \"127.0.0.1:{}\"\nmax_payload: {}\n{}\n"
        "authorization {{\n  users: [\n{}{}  ]\n}}\n"
        "leafnodes {{\n  remotes: [ {{ urls: [{}], {} }} ]\n}}\n",
        edge, plan.site_port, kMaxPayload, tls("broker", ", verify_and_map: true"), server_user(),
        edge_user(edge), fmt::join(hubs, ", "), tls("edge", ""));
}

void write_identity(const std::filesystem::path& folder, const std::string& name,
                    const Identity& identity) {
    write_private_file(folder / (name + ".pem"), identity.cert_pem);
    write_private_file(folder / (name + ".key"), identity.key_pem);
}

std::string route_secret(const Pki& pki) {
    const auto file = pki.ca_file().parent_path() / "nats-routes";
    if (!std::filesystem::exists(file)) write_private_file(file, new_secret(""));
    return read_file(file);
}

}  // namespace

void write_nats_plan(Pki& pki, const NatsPlan& plan, const std::filesystem::path& directory) {
    if (plan.nodes.empty() || plan.edges.empty())
        throw std::runtime_error("a cluster has one node and one edge at least");
    const auto make = [&](const std::string& name) {
        auto folder = directory / name;
        create_private_directory(folder);
        write_private_file(folder / "ca.pem", pki.ca_pem());
        return folder;
    };
    const std::string secret = route_secret(pki);
    for (size_t number = 0; number < plan.nodes.size(); ++number) {
        const auto folder = make("node-" + std::to_string(number + 1));
        write_identity(folder, "node", pki.issue_node(plan.nodes[number].host));
        write_private_file(folder / "nats.conf", node_configuration(plan, number, secret));
    }
    for (const std::string& edge : plan.edges) {
        const Identity identity = pki.issue_edge(edge);
        const auto folder = make("edge-" + edge);
        write_identity(folder, "edge", identity);
        write_identity(folder, "broker", pki.issue_edge_broker(edge));
        write_private_file(folder / "revoked.pem", read_file(pki.revocation_file()));
        write_private_file(folder / "leaf.conf", leaf_configuration(plan, edge));
    }
    const auto folder = make("server");
    for (const char* file : {"server.pem", "server.key"})
        write_private_file(folder / file, read_file(pki.ca_file().parent_path() / file));
}

}  // namespace ganglion::fleet
