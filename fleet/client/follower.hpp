#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "fleet/client/api_client.hpp"

namespace ganglion::fleet {

/// What a follower tells, from the thread that called follow().
struct FollowHandlers {
    std::function<void(const nlohmann::json& event)> event;
    std::function<void(const nlohmann::json& device)> device;
    /// The connection was lost, or could not be made; it is tried again until stopped.
    std::function<void(const std::string& reason)> lost;
};

/// Hands over every event after the one with id `after` (none: from now on), in order and each
/// once, across restarts of the server, until `stop` is set; returns within about a second then.
void follow(const ApiAddress& address, std::optional<int64_t> after, const FollowHandlers& handlers,
            const std::atomic<bool>& stop);

/// One line for people: time, device, kind, label, score, and the stop line's delay where one was
/// pulled.
std::string to_line(const nlohmann::json& event);

}  // namespace ganglion::fleet
