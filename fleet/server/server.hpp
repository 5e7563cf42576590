#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/api/front.hpp"
#include "fleet/base/log.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/release/release_store.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

struct ServerConfig {
    /// Everything that must outlive the server is in here (docs/fleet.md).
    std::filesystem::path state_dir;
    /// A PostgreSQL URI, for what several servers share, or "sqlite": in the state folder.
    std::string store = "sqlite";
    /// "mosquitto": one of our own, which devices connect to; "mqtts://host:port,...": an MQTT 5
    /// broker, or a cluster of them, that devices connect to and servers share; or
    /// "nats://host:port,...": a cluster that edges carry their words to (docs/scaling.md).
    std::string broker = "mosquitto";
    /// On a broker or a cluster that is shared, of a server beside the one with the authority: the
    /// folder with its certificate. It stores and answers as the other does; certificates, rollouts
    /// and coordination stay there.
    std::filesystem::path identity = {};
    /// Of organisations, where the installation's own fleet is at a shared broker: mqtts://... of
    /// each, a broker of its own. An identity of theirs is in "organisations/<name>" of `identity`.
    std::map<std::string, std::string> organisation_brokers = {};
    /// At a shared broker: who has signed its certificate, where that is not the fleet's authority.
    std::filesystem::path broker_ca = {};
    /// At a shared broker that runs on this machine, as this user, in a folder that a plan has
    /// made: that folder.
    std::filesystem::path broker_folder = {};
    /// At one elsewhere: a shell command that takes the revocation list, $1, to it.
    std::string on_revoked = {};
    /// On NATS: a device that no edge has named for so long is offline.
    std::chrono::milliseconds absent_after = std::chrono::minutes(3);
    /// 0: the port this folder used before (its devices know it), else a free one.
    uint16_t mqtt_port = 0;
    /// 0: a free one.
    uint16_t http_port = 0;
    /// Where page and API are, and by which certificate.
    FrontConfig front = {};
    /// Built files of the page; where there are none the API is served alone.
    std::filesystem::path dashboard_dir;
    /// Raw events and gate samples are forgotten after so many days; 0: never.
    uint32_t keep_days = 0;
    /// Receives log lines, from several threads. Empty: standard error.
    Log log;
};

struct FleetParts;

/// A whole fleet on one machine: certificate authority, broker, store, ingestion and web server, on
/// loopback; or, with broker and store elsewhere, one of several that share a fleet. Started again
/// with the same state folder it goes on where it was, also after a kill.
class Server {
  public:
    explicit Server(ServerConfig config);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Returns when devices can connect and the page can be read. Throws std::runtime_error with
    /// one line: a port is taken, mosquitto is missing, the folder cannot be written or is another
    /// server's.
    void start();
    /// Stores what has arrived and ends everything. Does nothing when not started.
    void stop();

    /// 0 where devices connect elsewhere: to a shared broker, or to edges.
    uint16_t mqtt_port(const std::string& organisation = {}) const;
    uint16_t http_port() const;
    /// "http://127.0.0.1:<port>/", or what others reach it as.
    std::string url() const;
    /// Issues identities for devices; for one thread at a time.
    Pki& pki(const std::string& organisation = {});
    Store& store(const std::string& organisation = {});
    /// Of the fleets that run; the first, without a name, is the installation's own. Others are in
    /// the state folder when it starts (server/organisations.hpp).
    std::vector<std::string> organisations() const;
    ReleaseStore& releases();
    /// Any message to a device below its own topics of updates: what a server that somebody has
    /// taken over could send.
    void tell(const std::string& device, const std::string& leaf, const std::string& payload);
    /// What is wrong now, in one line; nothing when all is well.
    std::optional<std::string> fault() const;
    /// The broker's process, -1 while it is being started again and where it is not ours.
    pid_t broker_pid() const;

  private:
    struct Running;

    Running& running() const;
    FleetParts& parts(const std::string& organisation) const;

    ServerConfig config_;
    std::unique_ptr<Running> running_;
};

}  // namespace ganglion::fleet
