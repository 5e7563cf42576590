#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {

/// One nats-server: the host that others reach it as, and where it listens there.
struct NatsNode {
    std::string host;
    uint16_t port = 4222;          ///< for servers and edges
    uint16_t cluster_port = 6222;  ///< for the other nodes
    uint16_t leaf_port = 7422;     ///< for nats-servers at sites
};

struct NatsPlan {
    std::vector<NatsNode> nodes;
    std::vector<std::string> edges;  ///< "north", or "acme/north" of an organisation
    /// Where an edge's own nats-server listens, on loopback, if it has one.
    uint16_t site_port = 4222;
};

/// Makes all that a cluster needs, from the fleet's authority; what exists keeps its keys, so that
/// a plan may be made again with more in it:
///   node-<n>/      nats.conf, certificates: for a nats-server started in that folder
///   edge-<name>/   for `ganglion edge`, and leaf.conf for a nats-server at its site; an
///                  organisation's is organisations/<organisation>/edge-<name>
///   server/        for `ganglion serve --identity`, servers beside the one with the authority
/// Nobody is admitted but these: a node's or an edge's certificate decides what it may say, and a
/// device's is worth nothing there. An organisation's edge admits devices of its authority and
/// speaks under its organisation's subjects alone. `pki` is in the folder "pki" of the state folder
/// with the organisations. Throws std::runtime_error.
void write_nats_plan(Pki& pki, const NatsPlan& plan, const std::filesystem::path& directory);

/// The folder of an edge of a plan, below the plan's.
std::filesystem::path edge_folder(const std::string& edge);

}  // namespace ganglion::fleet
