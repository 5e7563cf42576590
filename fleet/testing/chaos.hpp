#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ganglion::fleet::testing {

/// Devices, gateway, broker, server, database and network that fail at random under load, and what
/// is left afterwards.
struct ChaosConfig {
    std::filesystem::path directory;  ///< empty or absent
    uint32_t rounds = 200;
    uint32_t devices = 4;
    uint64_t seed = 1;
    /// How this program is started as one of the parts: "/proc/self/exe" and what comes before the
    /// part's own arguments.
    std::vector<std::string> part;
    std::function<void(uint32_t round, const std::string& what)> progress;
};

struct ChaosResult {
    uint32_t device_kills = 0, broker_kills = 0, broker_power_losses = 0, server_kills = 0;
    uint32_t network_cuts = 0;
    uint32_t gateway_kills = 0, database_kills = 0;
    uint32_t edge_kills = 0, node_kills = 0;  ///< of a cluster
    uint64_t appended = 0;                    ///< events that were in a device's flash
    uint64_t acknowledged = 0;                ///< of them, told by the server to be stored
    uint64_t damaged = 0;  ///< events whose flash was damaged before they were acknowledged
    uint64_t stored = 0;
    uint64_t promised = 0;    ///< lines of a gateway's devices that were answered with "ok"
    uint64_t dropped = 0;     ///< of them, what had no room on its disk
    uint64_t disk_bytes = 0;  ///< the largest that the gateway's files have been
    // What must be 0.
    uint64_t acknowledged_missing = 0;
    uint64_t missing = 0;          ///< appended, not damaged, and not stored in the end
    uint64_t duplicates = 0;       ///< seen by a query of all events
    uint64_t gaps_wrong = 0;       ///< in the ledger and not lost, or lost and not in the ledger
    uint64_t waiting_forever = 0;  ///< devices that could not empty their outbox in the end

    bool is_clean() const {
        return acknowledged_missing + missing + duplicates + gaps_wrong + waiting_forever == 0;
    }
};

/// Every device is a process of its own with the real outbox and boot counter in a file that stands
/// for its flash; it sends as the agent does, through a network that cuts, delays and repeats; a
/// gateway speaks for two more. In each round one of device, gateway, broker, server or network
/// fails at a random moment: SIGKILL; for the broker also a loss of power, its files set back to
/// what was synced when it began. At times an event in a device's flash is damaged before it was
/// acknowledged. Then all come to rest, and the store is compared with the devices' journals.
/// Throws std::runtime_error where the parts do not start.
ChaosResult run_chaos(const ChaosConfig& config);

/// The same with two servers on one PostgreSQL, which is killed too. On a cluster: three NATS nodes
/// and two edges with half of the devices each; an edge is killed with its broker, and at times two
/// nodes together. Needs nats-server and PostgreSQL on this machine.
ChaosResult run_cluster_chaos(const ChaosConfig& config);

/// And at a plain mosquitto that the servers share.
ChaosResult run_shared_broker_chaos(const ChaosConfig& config);

/// A gateway without its network for some days (its clock goes faster than the world's), that is
/// killed in each round and has room for fewer events than come. Then the network is back: what
/// devices were told to be kept is stored, or named in the ledger of gaps.
ChaosResult run_outage_chaos(const ChaosConfig& config);

/// Runs as one of the parts. Returns the exit status.
int run_chaos_part(const std::vector<std::string>& arguments);

}  // namespace ganglion::fleet::testing
