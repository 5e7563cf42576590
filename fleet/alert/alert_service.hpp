#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "fleet/alert/courier.hpp"
#include "fleet/alert/incidents.hpp"
#include "fleet/alert/watch.hpp"
#include "fleet/base/log.hpp"

namespace ganglion::fleet {

struct AlertTimes {
    std::chrono::milliseconds events{1000};
    std::chrono::milliseconds devices{10'000};
    std::chrono::milliseconds insight{900'000};
    std::chrono::milliseconds courier{500};
};

/// Keeps looking, deciding and sending: one thread each for events and devices, for insight, and
/// for messages, so that a slow mail server delays no alarm.
class AlertService {
  public:
    AlertService(Store& store, Incidents& incidents, Watch::Health health, Watch::Breaches breaches,
                 Log log, AlertTimes times = {}, CourierTimes courier = {});
    ~AlertService();
    AlertService(const AlertService&) = delete;
    AlertService& operator=(const AlertService&) = delete;

  private:
    void repeat(std::chrono::milliseconds pause, const char* what,
                const std::function<void()>& action);
    void look();

    Watch watch_;
    Incidents& incidents_;
    Courier courier_;
    Log log_;
    AlertTimes times_;
    std::chrono::steady_clock::time_point devices_due_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread watching_, asking_, sending_;
};

}  // namespace ganglion::fleet
