#pragma once

#include <filesystem>
#include <string>

namespace ganglion::fleet {

/// PEM of the coordinator's private key, set-points.pem in the state folder, made where absent.
/// Devices are given its public half. It signs set-points and priors, each with its own purpose.
std::string coordinator_key(const std::filesystem::path& state_dir);

}  // namespace ganglion::fleet
