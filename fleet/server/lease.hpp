#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "fleet/base/log.hpp"

namespace ganglion::fleet {

/// One of several servers holds it, in a PostgreSQL database that all of them reach: a row that its
/// holder renews, and that anybody may take when it has run out by the database's clock. The holder
/// counts for itself from before each renewal, so that it knows first that it has lost it.
class Lease {
  public:
    struct Config {
        std::string uri;   ///< of the database
        std::string name;  ///< of what is held
        /// How long others wait for a holder that says nothing more.
        std::chrono::milliseconds length = std::chrono::seconds(5);
        /// Called once, from a thread of its own, where it is no longer ours or the database does
        /// not say so in time: this server must not act as holder any more.
        std::function<void()> lost;
        Log log;
    };

    /// Waits until it is ours; null where `give_up` says so before. A database that does not answer
    /// is waited for too.
    static std::unique_ptr<Lease> take(Config config, const std::function<bool()>& give_up);

    /// Gives it back.
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

  private:
    Lease(Config config, std::string holder, std::chrono::nanoseconds held_since);
    void renew();
    void watch();
    bool sleep(std::chrono::milliseconds time);

    const Config config_;
    const std::string holder_;
    std::atomic<std::chrono::nanoseconds> held_since_;  ///< as far as the database has said so
    std::mutex mutex_;
    std::condition_variable ending_;
    bool ends_ = false;
    std::thread renewing_, watching_;
};

}  // namespace ganglion::fleet
