#include "fleet/store/retention.hpp"

#include <string>
#include <utility>

#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint32_t kAtOnce = 2000;
constexpr auto kBreath = std::chrono::milliseconds(20);

}  // namespace

Retention::Retention(Store& store, uint32_t keep_days, Log log, std::chrono::milliseconds every)
    : store_(store), log_(std::move(log)) {
    if (keep_days > 0) thread_ = std::thread([this, keep_days, every] { work(keep_days, every); });
}

Retention::~Retention() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Retention::work(uint32_t keep_days, std::chrono::milliseconds every) {
    const int64_t keep_ms = int64_t{keep_days} * static_cast<int64_t>(Span::day);
    std::string told;
    std::unique_lock lock(mutex_);
    for (auto pause = kBreath; !changed_.wait_for(lock, pause, [this] { return stopping_; });) {
        lock.unlock();
        pause = std::chrono::duration_cast<std::chrono::milliseconds>(every);
        std::string reason;
        try {
            if (store_.forget_before(now_ms() - keep_ms, kAtOnce) > 0) pause = kBreath;
        } catch (const StoreError& error) {
            reason = error.what();
        }
        if (!reason.empty() && reason != told) log_("retention: " + reason + "; trying again");
        told = reason;
        lock.lock();
    }
}

}  // namespace ganglion::fleet
