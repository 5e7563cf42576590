#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/row.hpp"

namespace ganglion::bench {

using Progress = std::function<void(const std::string&, double)>;

/// `rollouts` simulated rollouts each of releases that are worse in a way that devices themselves
/// do not notice, and of releases that are not: how many are stopped in the canary stage. Devices
/// differ from each other; the engine and its store are the real ones.
std::vector<Row> gate_rows(uint32_t rollouts, const Progress& on_progress);

/// A staged release over `devices` simulated devices, 5 % of them away at the start (a tenth of
/// those for ever), 1 % failing; the engine with its store in a process of its own, which is killed
/// midway twice. Every device must end in the right version or be named with its reason: else
/// throws std::runtime_error. Server time, its memory, latency of queries that another thread asks
/// meanwhile.
std::vector<Row> fleet_rows(uint32_t devices, const Progress& on_progress);

/// A staged release over `devices` real connections: MQTT over TLS with a certificate each, to the
/// whole server and its broker, which are killed midway. Each device is the agent of device/update
/// over a simulated flash: it fetches, proves, tries and confirms. 5 % are away at the start, half
/// of those for ever, 1 % cannot prove the release. Throws std::runtime_error as fleet_rows() does.
std::vector<Row> connection_rows(uint32_t devices, const Progress& on_progress);

}  // namespace ganglion::bench
