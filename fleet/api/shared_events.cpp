#include "fleet/api/shared_events.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace ganglion::fleet {
namespace {

constexpr auto kEvery = std::chrono::milliseconds(250);
constexpr uint32_t kPage = 1000;

}  // namespace

SharedEvents::SharedEvents(Store& store, EventStream& stream, Log log)
    : store_(store), stream_(stream), log_(std::move(log)) {
    for (const StoredEvent& newest : store_.events({{}, {}, {}, 1})) last_ = newest.id;
    worker_ = std::thread([this] { work(); });
}

SharedEvents::~SharedEvents() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

void SharedEvents::work() {
    std::string told;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kEvery, [this] { return stopping_; })) {
        lock.unlock();
        std::string reason;
        try {
            look();
        } catch (const StoreError& error) {
            reason = error.what();
        }
        if (!reason.empty() && reason != told) log_("stream: " + reason + "; trying again");
        told = reason;
        lock.lock();
    }
}

void SharedEvents::look() {
    for (;;) {
        Committed committed;
        committed.new_events = store_.events({{}, last_, {}, kPage});
        if (committed.new_events.empty()) return;
        last_ = committed.new_events.back().id;
        const bool is_all = committed.new_events.size() < kPage;
        for (const StoredEvent& event : committed.new_events)
            committed.devices.insert(event.device);
        stream_.publish(committed);
        if (is_all) return;
    }
}

}  // namespace ganglion::fleet
