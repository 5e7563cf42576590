#include "fleet/nats/cluster_config.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "fleet/access/secret.hpp"
#include "fleet/base/files.hpp"
#include "fleet/broker/broker_config.hpp"
#include "fleet/nats/admission.hpp"
#include "fleet/nats/nats_link.hpp"
#include "fleet/nats/subject.hpp"
#include "fleet/server/organisations.hpp"

namespace ganglion::fleet {
namespace {

/// A revocation list of some 200,000 certificates; everything else is far smaller.
constexpr int kMaxPayload = 8 << 20;

std::string subjects(const std::vector<std::string>& prefixes,
                     std::span<const char* const> channels, const std::vector<std::string>& more) {
    std::vector<std::string> all;
    for (const std::string& prefix : prefixes) {
        for (const char* channel : channels)
            all.push_back('"' + prefix + subject_of(std::string("ganglion/1/+/") + channel) + '"');
        for (const std::string& topic : more) all.push_back('"' + prefix + subject_of(topic) + '"');
    }
    return fmt::format("[{}]", fmt::join(all, ", "));
}

/// "acme/north" is acme's edge north.
struct EdgeName {
    std::string organisation, name;
};
EdgeName edge_name(const std::string& edge) {
    const size_t slash = edge.find('/');
    if (slash == std::string::npos) return {"", edge};
    return {edge.substr(0, slash), edge.substr(slash + 1)};
}

/// A user that a certificate names, and what it may say and hear.
std::string user(const std::string& common_name, const std::string& says,
                 const std::string& hears) {
    return fmt::format("    {{ user: \"CN={}\", permissions: {{ publish: {}, subscribe: {} }} }}\n",
                       common_name, says, hears);
}

std::string server_user() {
    const std::vector<std::string> all{subject_prefix(""), subject_prefix("*")};
    return user(Pki::server_id, subjects(all, server_channels(), {kRollCallTopic, kAdmissionTopic}),
                subjects(all, device_channels(), {kAskTopic}));
}

std::string edge_user(const std::string& edge) {
    const auto [organisation, name] = edge_name(edge);
    const std::vector<std::string> own{subject_prefix(organisation)};
    return user(Pki::edge_id(name, organisation), subjects(own, device_channels(), {kAskTopic}),
                subjects(own, server_channels(), {kRollCallTopic, kAdmissionTopic}));
}

std::string tls(const char* name, const char* authority, const char* verify) {
    return fmt::format(
        "tls {{ cert_file: \"{0}.pem\", key_file: \"{0}.key\", ca_file: \"{1}\"{2} }}", name,
        authority, verify);
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
        number + 1, node.host, node.port, kMaxPayload,
        tls("node", "ca.pem", ", verify_and_map: true"), users, node.host, node.cluster_port,
        secret, tls("node", "ca.pem", ", verify: true"), fmt::join(routes, ", "), node.host,
        node.leaf_port, tls("node", "ca.pem", ", verify_and_map: true"));
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
        edge_name(edge).name, plan.site_port, kMaxPayload,
        tls("site", "nats-ca.pem", ", verify_and_map: true"), server_user(), edge_user(edge),
        fmt::join(hubs, ", "), tls("nats", "nats-ca.pem", ""));
}

std::string route_secret(const Pki& pki) {
    const auto file = pki.ca_file().parent_path() / "nats-routes";
    if (!std::filesystem::exists(file)) write_private_file(file, new_secret(""));
    return read_file(file);
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

/// Towards devices an edge is of its organisation's authority, towards nodes of the installation's.
void write_edge(Pki& installation, const NatsPlan& plan, const std::string& edge,
                const std::filesystem::path& directory) {
    const auto [organisation, name] = edge_name(edge);
    const auto state = installation.ca_file().parent_path().parent_path();
    const bool is_installations = edge.find('/') == std::string::npos;
    if (!is_installations && !is_among(organisations_in(state), organisation))
        throw std::runtime_error("there is no organisation '" + organisation + "' in " +
                                 state.string());
    Pki own = Pki::create(
        (organisation.empty() ? state : organisation_folder(state, organisation)) / "pki");
    const auto folder = directory / edge_folder(edge);
    const Identity identity = own.issue_edge(name);
    create_private_directory(folder);
    write_identity(folder, "edge", identity);
    write_identity(folder, "broker", own.issue_edge_broker(name));
    write_private_file(folder / "ca.pem", own.ca_pem());
    write_private_file(folder / "revoked.pem", read_file(own.revocation_file()));
    write_private_file(folder / "organisation", organisation);
    write_identity(folder, "nats", installation.issue_edge(name, organisation));
    write_identity(folder, "site", installation.issue_edge_broker(name));
    write_private_file(folder / "nats-ca.pem", installation.ca_pem());
    write_private_file(folder / "leaf.conf", leaf_configuration(plan, edge));
}

}  // namespace

std::filesystem::path edge_folder(const std::string& edge) {
    const auto [organisation, name] = edge_name(edge);
    const std::string folder = "edge-" + name;
    return organisation.empty() ? std::filesystem::path(folder)
                                : std::filesystem::path("organisations") / organisation / folder;
}

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
    for (const std::string& edge : plan.edges) write_edge(pki, plan, edge, directory);
    const auto folder = make("server");
    for (const char* file : {"server.pem", "server.key"})
        write_private_file(folder / file, read_file(pki.ca_file().parent_path() / file));
}

}  // namespace ganglion::fleet
