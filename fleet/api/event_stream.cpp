#include "fleet/api/event_stream.hpp"

#include "fleet/api/json.hpp"

namespace ganglion::fleet {

Frame frame_of(const StoredEvent& event) {
    return {event.id, "id: " + std::to_string(event.id) +
                          "\nevent: event\ndata: " + to_json(event).dump() + "\n\n"};
}

Frame frame_of(const DeviceRow& device) {
    return {0, "event: device\ndata: " + to_json(device).dump() + "\n\n"};
}

Subscription::~Subscription() {
    const std::lock_guard lock(stream_.mutex_);
    stream_.readers_.erase(this);
}

bool Subscription::take(std::deque<std::shared_ptr<const Frame>>& frames,
                        std::chrono::milliseconds timeout) {
    frames.clear();
    std::unique_lock lock(stream_.mutex_);
    stream_.changed_.wait_for(lock, timeout, [this] { return closed_ || !frames_.empty(); });
    frames.swap(frames_);
    return !closed_;
}

void EventStream::publish(const Committed& committed) {
    {
        const std::lock_guard lock(mutex_);
        if (readers_.empty()) return;
    }
    for (const StoredEvent& event : committed.new_events)
        add(std::make_shared<const Frame>(frame_of(event)));
    for (const std::string& id : committed.devices) {
        if (const auto device = store_.device(id))
            add(std::make_shared<const Frame>(frame_of(*device)));
    }
}

void EventStream::add(const std::shared_ptr<const Frame>& frame) {
    const std::lock_guard lock(mutex_);
    for (Subscription* reader : readers_) {
        if (reader->frames_.size() >= max_waiting_frames) reader->closed_ = true;
        if (!reader->closed_) reader->frames_.push_back(frame);
    }
    changed_.notify_all();
}

std::unique_ptr<Subscription> EventStream::subscribe() {
    const std::lock_guard lock(mutex_);
    if (closed_ || readers_.size() >= max_readers) return nullptr;
    auto reader = std::make_unique<Subscription>(*this);
    readers_.insert(reader.get());
    return reader;
}

void EventStream::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (Subscription* reader : readers_) reader->closed_ = true;
    changed_.notify_all();
}

}  // namespace ganglion::fleet
