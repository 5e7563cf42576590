#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fleet/base/log.hpp"
#include "fleet/ingest/link.hpp"
#include "fleet/release/distributor.hpp"
#include "fleet/rollout/engine.hpp"

namespace ganglion::fleet {

/// Between the broker and the rollouts: devices' status and wishes in, offers and pieces out, over
/// a connection of its own, so that pieces hold up no event. Two threads: the link's fills a
/// bounded queue, ours works it off. What is lost comes again: devices repeat their status and
/// their wishes.
class UpdateService {
  public:
    UpdateService(const OpenLink& open, RolloutEngine& engine, ReleaseStore& releases, Log log);
    ~UpdateService();
    UpdateService(const UpdateService&) = delete;
    UpdateService& operator=(const UpdateService&) = delete;

    /// Messages that did not follow their CDDL.
    uint64_t rejected() const;
    /// Messages that came while the queue was full, and were forgotten.
    uint64_t dropped() const;

    /// A message to a device, below its own topics.
    void send(const std::string& device, const std::string& leaf, const std::string& payload);

    /// Whether devices are heard.
    bool is_connected() const { return link_->is_connected(); }

  private:
    struct Received {
        std::string device, channel, payload;
        bool retained = false;
    };

    void on_message(std::string_view topic, std::span<const uint8_t> payload, bool retained);
    void ask_for_status_again(bool lacks_status);
    void work();
    std::vector<Received> take();
    void work_off(const std::vector<Received>& messages, bool anew);
    void take_wants(const std::vector<Received>& messages);

    RolloutEngine& engine_;
    Distributor distributor_;
    Log log_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Received> queue_;
    size_t queued_bytes_ = 0;
    bool fresh_connection_ = false;
    bool stopping_ = false;
    uint64_t rejected_ = 0;
    uint64_t dropped_ = 0;
    std::string fault_;  // of the store, told once
    std::chrono::steady_clock::time_point ask_again_{};
    std::chrono::seconds ask_pause_{};

    std::unique_ptr<Link> link_;
    std::thread worker_;
};

}  // namespace ganglion::fleet
