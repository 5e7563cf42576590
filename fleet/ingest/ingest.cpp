#include "fleet/ingest/ingest.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "device/event/messages.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/ingest/decode.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kMaxQueuedBytes = 32u << 20;
/// A commit costs the same for one message and for many: while they come, one in so long a time, or
/// as soon as there are so many. The first after a pause does not wait.
constexpr auto kBetweenCommits = std::chrono::milliseconds(5);
constexpr size_t kManyMessages = 1000;
constexpr auto kFirstPause = std::chrono::milliseconds(200);
constexpr auto kLongestPause = std::chrono::milliseconds(5000);

/// What a queued message costs beside its payload.
constexpr size_t kMessageOverhead = sizeof(Message) + 64;

}  // namespace

Ingest::Ingest(const OpenLink& open, Store& store, Listener listener, Log log)
    : store_(store),
      listener_(std::move(listener)),
      log_(std::move(log)),
      link_(open(
          {[this](Link& link) { on_connected(link); },
           [this](const std::string& reason) { log_("ingest: broker connection lost: " + reason); },
           [this](std::string_view topic, std::span<const uint8_t> payload, bool retained) {
               on_message(topic, payload, retained);
           }})),
      worker_([this] { work(); }) {}

Ingest::~Ingest() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

std::optional<std::string> Ingest::fault() const {
    if (!link_->is_connected()) return "not connected to the broker";
    const std::lock_guard lock(mutex_);
    if (!store_fault_.empty()) return store_fault_;
    if (dropping_) return "more messages than the store can take";
    return std::nullopt;
}

void Ingest::on_connected(Link& link) {
    {
        const std::lock_guard lock(mutex_);
        fresh_connection_ = true;
    }
    changed_.notify_all();
    for (const char* channel : {"event", "status", "report", "gate"}) {
        if (!link.subscribe(std::string("ganglion/1/+/") + channel)) {
            log_("ingest: cannot subscribe; waiting for the next connection");
        }
    }
}

void Ingest::on_message(std::string_view topic, std::span<const uint8_t> payload, bool retained) {
    const int64_t received_ms = now_ms();
    auto parts = parse_topic(topic);
    if (!parts) return;
    auto content = decode_content(parts->channel, payload, retained);
    if (!content) return;
    const size_t bytes = payload.size() + kMessageOverhead;
    const std::lock_guard lock(mutex_);
    if (queued_bytes_ + bytes > kMaxQueuedBytes) {
        if (!std::exchange(dropping_, true))
            log_("ingest: the store is too slow, dropping messages unacknowledged");
        return;
    }
    queue_.push_back({std::move(parts->device), received_ms, std::move(*content)});
    queued_bytes_ += bytes;
    if (queue_.size() == 1 || queue_.size() == kManyMessages) changed_.notify_all();
}

void Ingest::work() {
    std::vector<Message> batch;
    bool begin_anew = false;
    while (wait_for_work(batch, begin_anew)) {
        if (begin_anew) {
            Committed offline;
            if (!with_retries([&] {
                    for (std::string& id : store_.mark_all_offline())
                        offline.devices.insert(std::move(id));
                })) {
                return;
            }
            if (batch.empty()) listener_(offline);
        }
        if (batch.empty()) continue;
        Committed committed;
        if (!with_retries([&] { committed = store_.commit(batch); })) return;
        committed_at_ = std::chrono::steady_clock::now();
        acknowledge(committed);
        for (const std::string& warning : committed.warnings) log_("ingest: " + warning);
        listener_(committed);
        batch.clear();
    }
}

/// Takes everything that is queued. False when there is nothing left and the end has come.
bool Ingest::wait_for_work(std::vector<Message>& batch, bool& begin_anew) {
    std::unique_lock lock(mutex_);
    const auto is_urgent = [this] {
        return stopping_ || fresh_connection_ || queue_.size() >= kManyMessages;
    };
    changed_.wait(lock, [&] { return is_urgent() || !queue_.empty(); });
    changed_.wait_until(lock, committed_at_ + kBetweenCommits, is_urgent);
    begin_anew = std::exchange(fresh_connection_, false);
    batch.swap(queue_);
    queued_bytes_ = 0;
    dropping_ = false;
    return !batch.empty() || begin_anew || !stopping_;
}

/// Runs the action until it succeeds. False when the end came first.
bool Ingest::with_retries(const std::function<void()>& action) {
    auto pause = kFirstPause;
    for (;;) {
        std::string reason;
        try {
            action();
        } catch (const StoreError& error) {
            reason = error.what();
        }
        std::unique_lock lock(mutex_);
        if (reason.empty()) {
            if (!store_fault_.empty()) log_("ingest: the store works again");
            store_fault_.clear();
            return true;
        }
        if (store_fault_ != reason)
            log_("ingest: " + reason + "; nothing is acknowledged, trying again");
        store_fault_ = reason;
        if (changed_.wait_for(lock, pause, [this] { return stopping_; })) return false;
        pause = std::min(pause * 2, kLongestPause);
    }
}

bool Ingest::tell_to_forget(const std::string& device) {
    const auto row = store_.device(device);
    if (!row || !row->online) return false;
    std::array<uint8_t, 16> buffer{};
    const size_t size = encode(ForgetMessage{row->boot}, buffer);
    return link_->publish("ganglion/1/" + device + "/forget", std::span(buffer).first(size));
}

void Ingest::acknowledge(const Committed& committed) {
    std::array<uint8_t, 16> buffer{};
    for (const StoredThrough& stored : committed.acks) {
        const size_t size = encode(Ack{stored.boot, stored.sequence}, buffer);
        // An ack that is lost is made up for: the device sends the events again and is told again.
        link_->publish("ganglion/1/" + stored.device + "/ack", std::span(buffer).first(size));
    }
}

}  // namespace ganglion::fleet
