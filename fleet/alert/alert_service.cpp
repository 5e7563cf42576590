#include "fleet/alert/alert_service.hpp"

#include <exception>
#include <string>
#include <utility>

#include "fleet/base/clock.hpp"

namespace ganglion::fleet {

AlertService::AlertService(Store& store, Incidents& incidents, Watch::Health health,
                           Watch::Breaches breaches, Log log, AlertTimes times,
                           CourierTimes courier)
    : watch_(store, incidents, std::move(health), std::move(breaches)),
      incidents_(incidents),
      courier_(incidents, courier),
      log_(std::move(log)),
      times_(times),
      devices_due_(std::chrono::steady_clock::now() + times.devices),
      watching_([this] { repeat(times_.events, "look at the fleet", [this] { look(); }); }),
      asking_([this] {
          repeat(times_.insight, "look for insight", [this] { watch_.look_at_insight(now_ms()); });
      }),
      sending_([this] {
          repeat(times_.courier, "send messages", [this] {
              for (const std::string& line : courier_.round(now_ms())) log_("alert: " + line);
          });
      }) {}

AlertService::~AlertService() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread* thread : {&watching_, &asking_, &sending_}) thread->join();
}

void AlertService::look() {
    while (!watch_.look_at_events(now_ms())) {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
    }
    if (std::chrono::steady_clock::now() >= devices_due_) {
        devices_due_ = std::chrono::steady_clock::now() + times_.devices;
        watch_.look_at_devices(now_ms());
    }
    incidents_.tick(now_ms());
}

/// A store that fails is told once and tried again.
void AlertService::repeat(std::chrono::milliseconds pause, const char* what,
                          const std::function<void()>& action) {
    std::string told;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, pause, [this] { return stopping_; })) {
        lock.unlock();
        std::string reason;
        try {
            action();
        } catch (const std::exception& error) {
            reason = error.what();
        }
        if (!reason.empty() && reason != told)
            log_(std::string("alert: cannot ") + what + ": " + reason);
        told = reason;
        lock.lock();
    }
}

}  // namespace ganglion::fleet
