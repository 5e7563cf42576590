#include "fleet/nats/absence.hpp"

#include <string>
#include <utility>
#include <vector>

#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

constexpr int kLooksInLimit = 4;
constexpr uint32_t kPage = 1000;

}  // namespace

Absence::Absence(Store& store, std::chrono::milliseconds limit,
                 std::function<void(const Committed&)> listener, Log log)
    : store_(store),
      limit_(limit),
      listener_(std::move(listener)),
      log_(std::move(log)),
      worker_([this] { work(); }) {}

Absence::~Absence() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

void Absence::work() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, limit_ / kLooksInLimit, [this] { return stopping_; })) {
        lock.unlock();
        try {
            look();
        } catch (const StoreError& error) {
            log_(std::string("absence: ") + error.what());
        }
        lock.lock();
    }
}

void Absence::look() {
    const int64_t now = now_ms();
    DeviceQuery query;
    query.condition = DeviceQuery::Condition::online;
    query.limit = kPage;
    std::vector<Message> gone;
    for (;;) {
        const std::vector<DeviceRow> page = store_.devices(query);
        for (const DeviceRow& device : page) {
            if (device.last_seen_ms >= now - limit_.count()) continue;
            StatusRecord offline;
            offline.retained = true;  // it was not heard now
            gone.push_back({device.id, now, offline});
        }
        if (page.size() < kPage) break;
        query.after = page.back().id;
    }
    if (!gone.empty()) listener_(store_.commit(gone));
}

}  // namespace ganglion::fleet
