#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "fleet/base/log.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// Edges say every minute who is there. Whoever was not named for `limit` is offline: the edge that
/// would have told is gone. A thread of its own looks.
class Absence {
  public:
    Absence(Store& store, std::chrono::milliseconds limit,
            std::function<void(const Committed&)> listener, Log log);
    ~Absence();
    Absence(const Absence&) = delete;
    Absence& operator=(const Absence&) = delete;

  private:
    void work();
    void look();

    Store& store_;
    std::chrono::milliseconds limit_;
    std::function<void(const Committed&)> listener_;
    Log log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread worker_;
};

}  // namespace ganglion::fleet
