#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/alert/incidents.hpp"

namespace ganglion::fleet {

struct CourierTimes {
    int64_t pace_ms = 30'000;  ///< between two messages of a channel; what comes meanwhile is one
    int64_t first_retry_ms = 5000;
    int64_t longest_retry_ms = 900'000;
};

/// Sends what channels are owed, at least once each: what a receiver has not taken is tried again
/// for as long as the channel exists. All that is due on a channel goes as one message, so that a
/// flood of incidents is at most one message for each pace.
class Courier {
  public:
    Courier(Incidents& incidents, CourierTimes times) : incidents_(incidents), times_(times) {}

    /// One attempt on every channel where something is due; returns what went wrong.
    std::vector<std::string> round(int64_t now_ms);

  private:
    Incidents& incidents_;
    CourierTimes times_;
};

}  // namespace ganglion::fleet
