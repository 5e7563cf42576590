#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/base/log.hpp"
#include "fleet/ingest/link.hpp"

namespace ganglion::fleet {

/// Where the cluster is and who we are to it.
struct NatsConfig {
    std::vector<std::string> urls;  ///< "nats://host:port"; any that answers
    std::filesystem::path ca_file;
    std::filesystem::path certificate_file;
    std::filesystem::path key_file;
    /// Whose devices, where it is not the installation's own fleet.
    std::string organisation = {};
};

/// "nats://a:4222,b:4222" or with "nats://" before each. Throws std::runtime_error where it is no
/// list of hosts and ports.
std::vector<std::string> nats_urls(const std::string& list);

/// A topic by which servers ask every edge to say again who is there: what a broker would have
/// retained.
inline constexpr const char* kRollCallTopic = "ganglion/fleet/roll";

/// Through a cluster of NATS servers (the C client): TLS, whichever node answers, core delivery
/// without any log of its own, since the store acknowledges. With a `group`, each message goes to
/// one of its members. What is sent while there is no connection waits in a buffer of 8 MB.
OpenLink nats_link(const NatsConfig& config, const std::string& group, const Log& log);

}  // namespace ganglion::fleet
