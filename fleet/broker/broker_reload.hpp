#pragma once

#include <filesystem>
#include <functional>

namespace ganglion::fleet {

/// Has a mosquitto read its revocation list anew: `signal` sends it SIGHUP, and its log says when
/// it has. Connections stay. False where `signal` does or the broker does not say so in time.
bool await_reload(const std::filesystem::path& log, const std::function<bool()>& signal);

/// The same of a broker that others started on this machine in a folder of a plan
/// (mqtt_plan.hpp), as this server's user: puts the list there first. False where the folder, the
/// broker or its answer is missing.
bool reload_in_folder(const std::filesystem::path& folder, const std::filesystem::path& list);

}  // namespace ganglion::fleet
