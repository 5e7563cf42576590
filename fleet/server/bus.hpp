#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "fleet/base/log.hpp"
#include "fleet/broker/broker.hpp"
#include "fleet/ingest/link.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/server/server.hpp"

namespace ganglion::fleet {

/// Where a server meets devices: at a mosquitto that it starts; at an MQTT 5 broker, or a cluster
/// of such, that servers share; or on NATS, to which edges bring what devices say.
enum class BusKind { own_broker, shared_broker, nats };

/// By what `ServerConfig::broker` says. Throws std::runtime_error where it is none of them.
BusKind bus_kind(const std::string& broker);

/// One fleet's ways to its devices.
class Bus {
  public:
    /// Starts the broker where it is our own. `organisation`: empty for the installation's own.
    /// Throws std::runtime_error with one line.
    Bus(const ServerConfig& config, const std::string& organisation, const Pki& pki, Log log);

    BusKind kind() const { return kind_; }
    /// Null where devices connect elsewhere.
    const Broker* own_broker() const { return broker_.get(); }
    std::string fault() const;

    /// As the one whose certificate has this name: "updates", "coordinator", "together", "server".
    /// Hears all that it subscribes to.
    OpenLink link(const std::string& files) const;
    /// As the server; what devices say, but who is there, comes to one of the servers.
    OpenLink shared_link() const;

    /// The revocation list is another one. Edges are told by Admission instead.
    void carry_list();
    /// Ends a revoked device's live connection to a broker.
    void throw_off(const std::string& device) const;

  private:
    MqttConfig mqtt(const std::string& files) const;
    OpenLink nats(const std::string& group) const;
    std::filesystem::path identity_file(const std::string& name) const;

    const ServerConfig config_;
    const std::string organisation_;
    const Pki& pki_;
    const Log log_;
    const BusKind kind_;
    std::unique_ptr<Broker> broker_;
};

}  // namespace ganglion::fleet
