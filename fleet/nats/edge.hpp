#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "fleet/base/files.hpp"
#include "fleet/base/log.hpp"
#include "fleet/broker/broker.hpp"
#include "fleet/ingest/link.hpp"
#include "fleet/nats/admission.hpp"
#include "fleet/pki/x509.hpp"

namespace ganglion::fleet {

struct EdgeConfig {
    /// What `ganglion fleet nats-config` made for this edge; its broker's files go there too.
    std::filesystem::path directory;
    std::string nats;  ///< nats://host:port,...
    /// 0: the port this folder used before, else a free one.
    uint16_t mqtt_port = 0;
    /// Receives log lines, from several threads. Empty: standard error.
    Log log;
    /// How often it says who is connected, and asks whom it may admit.
    std::chrono::milliseconds announce_every = std::chrono::seconds(60);
};

/// Where devices connect in a fleet on NATS: a mosquitto that admits them by their certificates, on
/// loopback, and carries what they say to whichever server takes it, and what they are told back.
/// Keeps nothing but keys: events are in the devices' outboxes until the store has them.
class Edge {
  public:
    /// Returns when devices can connect; the cluster may be away. Throws std::runtime_error with
    /// one line.
    explicit Edge(EdgeConfig config);
    ~Edge();
    Edge(const Edge&) = delete;
    Edge& operator=(const Edge&) = delete;

    uint16_t mqtt_port() const { return broker_.port(); }
    /// What is wrong now, in one line; nothing when all is well.
    std::optional<std::string> fault() const;
    /// The broker's process, -1 while it is being started again.
    pid_t broker_pid() const { return broker_.pid(); }

  private:
    void from_device(std::string_view topic, std::span<const uint8_t> payload);
    void from_cluster(std::string_view topic, std::span<const uint8_t> payload);
    void work();
    void announce();
    void admit(const AdmissionMessage& message);
    MqttConfig as(const std::string& id, const char* files) const;
    std::filesystem::path file(const char* name) const { return config_.directory / name; }

    EdgeConfig config_;
    DirectoryLock lock_;
    Certificate authority_;
    std::string id_;
    Broker broker_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::vector<uint8_t>> there_;  ///< last status by topic, where online
    std::deque<AdmissionMessage> admissions_;
    bool roll_call_ = false, asks_ = false, stopping_ = false;

    // Each may hand something to the other while that is still being made or taken down.
    std::atomic<Link*> local_{nullptr}, cluster_{nullptr};
    std::unique_ptr<Link> local_owner_, cluster_owner_;
    std::thread worker_;
};

}  // namespace ganglion::fleet
