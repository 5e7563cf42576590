#include "fleet/access/rate_limit.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ganglion::fleet {
namespace {

constexpr int64_t kSweepMs = 10'000;

int64_t steady_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

RateLimit::RateLimit(double per_second, double burst, Clock clock)
    : per_second_(per_second),
      burst_(burst),
      clock_(clock ? std::move(clock) : Clock(steady_ms)),
      swept_ms_(clock_()) {}

double RateLimit::left_now(const Bucket& bucket, int64_t now) const {
    const double seconds = static_cast<double>(now - bucket.at_ms) / 1000;
    return std::min(burst_, bucket.left + per_second_ * seconds);
}

void RateLimit::forget_full(int64_t now) {
    std::erase_if(buckets_,
                  [&](const auto& entry) { return left_now(entry.second, now) >= burst_; });
    swept_ms_ = now;
}

bool RateLimit::take(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const int64_t now = clock_();
    if (now - swept_ms_ >= kSweepMs) forget_full(now);
    Bucket& bucket = buckets_.try_emplace(key, Bucket{burst_, now}).first->second;
    bucket = {left_now(bucket, now), now};
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
}

size_t RateLimit::keys() const {
    const std::lock_guard lock(mutex_);
    return buckets_.size();
}

}  // namespace ganglion::fleet
