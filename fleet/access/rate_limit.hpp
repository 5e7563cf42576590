#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace ganglion::fleet {

/// A token bucket for each key (an address, an operator): `burst` at once, then `per_second`. Keys
/// whose bucket is full again are forgotten, so memory is bounded by the rate of new keys. Safe to
/// call from several threads.
class RateLimit {
  public:
    using Clock = std::function<int64_t()>;  ///< milliseconds, never going back

    RateLimit(double per_second, double burst, Clock clock = {});

    /// Takes one; false where none is left.
    bool take(const std::string& key);

    size_t keys() const;

  private:
    struct Bucket {
        double left;
        int64_t at_ms;
    };
    double left_now(const Bucket& bucket, int64_t now) const;
    void forget_full(int64_t now);

    double per_second_, burst_;
    Clock clock_;
    mutable std::mutex mutex_;
    std::map<std::string, Bucket> buckets_;
    int64_t swept_ms_ = 0;
};

}  // namespace ganglion::fleet
