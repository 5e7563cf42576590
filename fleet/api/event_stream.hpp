#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// One message of a Server-Sent Events stream, ready to send.
struct Frame {
    int64_t event_id = 0;  ///< 0: about a device, not an event
    std::string text;
};

Frame frame_of(const StoredEvent& event);
Frame frame_of(const DeviceRow& device);

class EventStream;

/// One reader of the stream: frames wait here, in order, until it takes them. A reader that falls
/// too far behind is closed rather than served with holes; it connects again and says which event
/// it saw last.
class Subscription {
  public:
    explicit Subscription(EventStream& stream) : stream_(stream) {}
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// Waits for frames. False when the stream is closed for this reader; with nothing new in time,
    /// true and empty.
    bool take(std::deque<std::shared_ptr<const Frame>>& frames, std::chrono::milliseconds timeout);

  private:
    friend class EventStream;

    EventStream& stream_;
    std::deque<std::shared_ptr<const Frame>> frames_;
    bool closed_ = false;
};

/// Hands what the store has committed to every reader.
class EventStream {
  public:
    static constexpr size_t max_readers = 32;
    static constexpr size_t max_waiting_frames = 8192;

    explicit EventStream(Store& store) : store_(store) {}

    /// Tells the readers of new events and of the devices whose rows have changed.
    void publish(const Committed& committed);

    /// Nothing when there are too many readers already or the stream is closed.
    std::unique_ptr<Subscription> subscribe();

    /// Ends all readers; there will be no new ones.
    void close();

  private:
    friend class Subscription;

    void add(const std::shared_ptr<const Frame>& frame);

    Store& store_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<Subscription*> readers_;
    bool closed_ = false;
};

}  // namespace ganglion::fleet
