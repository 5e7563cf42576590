#include "fleet/rollout/update_service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "device/event/messages.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/ingest/decode.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kMaxQueuedBytes = 16u << 20;
constexpr size_t kMostAtOnce = 10'000;
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr auto kFirstAskPause = std::chrono::seconds(5);
constexpr auto kLongestAskPause = std::chrono::seconds(600);

std::span<const uint8_t> view(const std::string& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

UpdateService::UpdateService(const OpenLink& open, RolloutEngine& engine, ReleaseStore& releases,
                             Log log)
    : engine_(engine),
      distributor_(releases),
      log_(std::move(log)),
      link_(open({[this](Link& link) {
                      {
                          const std::lock_guard lock(mutex_);
                          fresh_connection_ = true;
                      }
                      for (const char* channel : {"status", "update", "want"})
                          link.subscribe(std::string("ganglion/1/+/") + channel);
                  },
                  [this](const std::string& reason) {
                      log_("updates: broker connection lost: " + reason);
                  },
                  [this](std::string_view topic, std::span<const uint8_t> payload, bool retained) {
                      on_message(topic, payload, retained);
                  }})),
      worker_([this] { work(); }) {}

UpdateService::~UpdateService() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

uint64_t UpdateService::rejected() const {
    const std::lock_guard lock(mutex_);
    return rejected_;
}

uint64_t UpdateService::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void UpdateService::on_message(std::string_view topic, std::span<const uint8_t> payload,
                               bool retained) {
    auto parts = parse_topic(topic);
    if (!parts) return;
    const std::lock_guard lock(mutex_);
    if (queued_bytes_ + payload.size() > kMaxQueuedBytes) {
        ++dropped_;
        return;
    }
    queued_bytes_ += payload.size();
    queue_.push_back({std::move(parts->device), std::move(parts->channel),
                      std::string(payload.begin(), payload.end()), retained});
    changed_.notify_all();
}

std::vector<UpdateService::Received> UpdateService::take() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kTick,
                      [this] { return stopping_ || !queue_.empty() || fresh_connection_; });
    std::vector<Received> messages;
    if (queue_.size() <= kMostAtOnce) {
        messages.swap(queue_);
    } else {
        const auto end = queue_.begin() + kMostAtOnce;
        messages.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
        queue_.erase(queue_.begin(), end);
    }
    for (const Received& message : messages) queued_bytes_ -= message.payload.size();
    return messages;
}

void UpdateService::work() {
    auto next_tick = std::chrono::steady_clock::now();
    for (;;) {
        const std::vector<Received> messages = take();
        bool anew = false;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            anew = std::exchange(fresh_connection_, false);
        }
        const auto now = std::chrono::steady_clock::now();
        if (!messages.empty() || anew || now >= next_tick) {
            work_off(messages, anew);
            next_tick = now + kTick;
        }
        for (const Distributor::Sent& piece : distributor_.pump(now_ms()))
            send(piece.device, "piece", piece.payload);
    }
}

void UpdateService::work_off(const std::vector<Received>& messages, bool anew) {
    uint64_t bad = 0;
    bool lacks_status = false;
    try {
        take_wants(messages);
        const auto outgoing = engine_.run([&](RolloutEngine::Batch& batch) {
            if (anew) batch.all_offline();
            const int64_t now = now_ms();
            for (const Received& message : messages) {
                StatusMessage status;
                if (message.channel == "update") {
                    bad += !batch.update(message.device, message.payload, now, !message.retained);
                } else if (message.channel == "status") {
                    if (!decode_status(view(message.payload), status)) {
                        ++bad;
                        continue;
                    }
                    std::optional<std::string> application;
                    if (status.application) application = std::string(*status.application);
                    batch.status(message.device, status.online, application, now);
                }
            }
            lacks_status = batch.lacks_status();
            batch.tick(now);
        });
        for (const ToDevice& message : outgoing)
            send(message.device, message.leaf, message.payload);
        if (!messages.empty()) ask_for_status_again(lacks_status);
        fault_.clear();
    } catch (const std::exception& error) {
        if (fault_ != error.what()) log_(std::string("updates: ") + error.what());
        fault_ = error.what();
    }
    const std::lock_guard lock(mutex_);
    rejected_ += bad;
}

/// A status that a full queue has dropped is still kept by the broker: a subscription brings it
/// again. More and more rarely, where that does not help.
void UpdateService::ask_for_status_again(bool lacks_status) {
    const auto now = std::chrono::steady_clock::now();
    if (!lacks_status) {
        if (now >= ask_again_) ask_pause_ = kFirstAskPause;
        return;
    }
    if (now < ask_again_) return;
    link_->subscribe("ganglion/1/+/status");
    ask_pause_ = std::clamp(2 * ask_pause_, std::chrono::seconds(kFirstAskPause),
                            std::chrono::seconds(kLongestAskPause));
    ask_again_ = now + ask_pause_;
}

void UpdateService::take_wants(const std::vector<Received>& messages) {
    for (const Received& message : messages) {
        update::Want want;
        if (message.channel != "want" || !update::decode(view(message.payload), want)) continue;
        if (const auto served = engine_.serves(message.device, want.component, want.sequence))
            distributor_.want(message.device, want, served->packages, served->rollout,
                              served->bytes_per_second);
    }
}

void UpdateService::send(const std::string& device, const std::string& leaf,
                         const std::string& payload) {
    link_->publish("ganglion/1/" + device + "/" + leaf, view(payload));
}

}  // namespace ganglion::fleet
