#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "fleet/ingest/mqtt_client.hpp"

namespace ganglion::fleet {

/// A part's way to the devices, by the topics of docs/protocol.md: one broker, or a cluster that
/// carries what brokers take (fleet/nats). Delivers at most once; what matters is acknowledged by
/// the store and sent again by the devices.
class Link {
  public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    virtual ~Link() = default;

    virtual bool is_connected() const = 0;
    /// A subscription to a topic that is retained brings what was said last. False when it cannot
    /// even be queued.
    virtual bool subscribe(const std::string& pattern) = 0;
    virtual bool publish(const std::string& topic, std::span<const uint8_t> payload,
                         bool retain = false) = 0;
};

/// What a link tells, from its own threads. `connected` comes with every connection, the first and
/// all later ones, and may come while the link is still being made.
struct LinkHandlers {
    std::function<void(Link& link)> connected;
    std::function<void(const std::string& reason)> disconnected;
    std::function<void(std::string_view topic, std::span<const uint8_t> payload, bool retained)>
        message;
};

/// Begins to connect and returns at once. Throws std::runtime_error when certificates cannot be
/// used.
using OpenLink = std::function<std::unique_ptr<Link>(LinkHandlers)>;

/// To one broker, or to a cluster of them that is as one. With a `group`, each message goes to one
/// of its members (MQTT 5, section 4.8.2), but for statuses: every member hears who is there, since
/// what is retained is not sent to a subscription that is shared.
OpenLink mqtt_link(const MqttConfig& config, const std::string& group = {});

}  // namespace ganglion::fleet
