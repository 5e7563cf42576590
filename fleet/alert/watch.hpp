#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "fleet/alert/incidents.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

struct WatchLimits {
    int64_t offline_after_ms = 300'000;
    double days_to_threshold = 14;  ///< a device that will rise over the threshold by then
};

/// Looks at the fleet for what is wrong with it. Every look goes on behind the last one's events,
/// also after a kill, since the cursor is stored with what was made of them.
class Watch {
  public:
    /// What is wrong with the server, nothing when all is well.
    using Health = std::function<std::optional<std::string>()>;

    /// What was let out beyond a budget (fleet/privacy).
    using Breaches = std::function<std::vector<Alarm>(int64_t now_ms)>;

    /// Events that were stored before alerting ever ran are no alarms.
    Watch(Store& store, Incidents& incidents, Health health, Breaches breaches = {},
          WatchLimits limits = {});

    /// New decisions whose labels have a rule; false where there may be more at once.
    bool look_at_events(int64_t now_ms);
    /// Devices that are offline or report a fault, the server itself.
    void look_at_devices(int64_t now_ms);
    /// What only the whole fleet shows, and budgets that were overspent. Takes seconds for a large
    /// fleet.
    void look_at_insight(int64_t now_ms);

  private:
    void add_sites(std::vector<Alarm>& alarms);

    Store& store_;
    Incidents& incidents_;
    Health health_;
    Breaches breaches_;
    WatchLimits limits_;
};

}  // namespace ganglion::fleet
