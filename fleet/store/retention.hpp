#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "fleet/base/log.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// Forgets raw events and gate samples that are older than the policy allows, a little at a time so
/// that no commit waits for long. `keep_days` 0: they are kept for ever, and nothing runs.
class Retention {
  public:
    Retention(Store& store, uint32_t keep_days, Log log,
              std::chrono::milliseconds every = std::chrono::minutes(10));
    ~Retention();
    Retention(const Retention&) = delete;
    Retention& operator=(const Retention&) = delete;

  private:
    void work(uint32_t keep_days, std::chrono::milliseconds every);

    Store& store_;
    Log log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace ganglion::fleet
