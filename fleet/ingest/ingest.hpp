#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fleet/base/log.hpp"
#include "fleet/ingest/link.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// From the broker into the store and back: takes what devices say, commits it in batches, and only
/// then tells each device how far its events are stored.
///
/// Two threads: the link's puts messages into a bounded queue, ours commits and acknowledges.
/// When the store cannot commit, nothing is acknowledged and the same batch is tried again; when
/// the queue is full, messages are dropped unacknowledged, so that devices keep their events and
/// send them again.
class Ingest {
  public:
    using Listener = std::function<void(const Committed&)>;

    /// `listener` hears of every commit, from the worker's thread.
    Ingest(const OpenLink& open, Store& store, Listener listener, Log log);
    /// Commits what is queued, if the store can, and disconnects.
    ~Ingest();
    Ingest(const Ingest&) = delete;
    Ingest& operator=(const Ingest&) = delete;

    /// Tells a device to forget what it has learned, in the boot that it was last heard of in.
    /// False where it is not online or the broker is away.
    bool tell_to_forget(const std::string& device);

    /// What is wrong now, in a few words; nothing when all is well.
    std::optional<std::string> fault() const;

  private:
    void on_connected(Link& link);
    void on_message(std::string_view topic, std::span<const uint8_t> payload, bool retained);
    void work();
    bool wait_for_work(std::vector<Message>& batch, bool& begin_anew);
    bool with_retries(const std::function<void()>& action);
    void acknowledge(const Committed& committed);

    Store& store_;
    Listener listener_;
    Log log_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Message> queue_;
    size_t queued_bytes_ = 0;
    bool fresh_connection_ = false;
    bool dropping_ = false;
    bool stopping_ = false;
    std::string store_fault_;

    std::chrono::steady_clock::time_point committed_at_;  ///< the worker's own

    std::unique_ptr<Link> link_;
    std::thread worker_;
};

}  // namespace ganglion::fleet
