#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/coordination/crowd.hpp"
#include "bench/coordination/simulate.hpp"
#include "bench/row.hpp"
#include "fleet/server/server.hpp"

namespace ganglion::bench::grid {

struct LiveOptions {
    SceneOptions scene{.homes = 1000, .days = 1, .data = {}};
    uint32_t from_hour = 0;  ///< of the first day that counts (it begins at noon)
    uint32_t hours = 2;      ///< to live through
    double speed = 60;       ///< times as fast as a real day
    /// After each step; false ends it.
    std::function<bool(const Moment& moment)> told;
    std::function<void(const std::string& what)> progress;
};

struct LiveOutcome {
    uint32_t homes = 0, steps = 0;
    double connect_s = 0;         ///< until all homes and feeders were connected
    uint64_t summaries = 0;       ///< sent by homes and feeders
    uint64_t unacknowledged = 0;  ///< of them, not taken by the broker
    uint64_t rejected = 0;        ///< of them, by the server
    uint64_t set_points = 0;      ///< that came to a home and were followed
    uint64_t refused = 0;         ///< that a home refused
    uint64_t steered = 0;         ///< homes that held a set-point at the end
    double worst_reach_s = 0;  ///< from a cycle's due time to the last home that it reached, real
    double worst_cycle_s = 0;  ///< of the coordinator
    uint64_t violations = 0;   ///< feeders beyond their limit, counted each step
    std::vector<Moment> moments;  ///< every step
};

/// Homes, and the meters of their feeders.
size_t live_members(const SceneOptions& scene);

/// A grid whose homes and feeders' meters are clients of a running fleet server, each with a
/// certificate, a TLS connection and topics of its own: they live through some hours of a scene,
/// faster than the clock. Each home checks every set-point that it is sent. `crowd`: for at least
/// live_members(), not yet connected; ended afterwards.
LiveOutcome live_grid(Crowd& crowd, fleet::Server& server, const LiveOptions& options);

/// As rows of the bench, on a server of its own in a temporary folder.
std::vector<Row> live_rows(const LiveOptions& options);

}  // namespace ganglion::bench::grid
