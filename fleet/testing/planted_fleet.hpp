#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "fleet/insight/common_cause.hpp"
#include "fleet/insight/peers.hpp"

// Simulated fleets in which the truth is known, for tests and benchmarks of fleet/insight.

namespace ganglion::fleet::testing {

/// What was found against what was planted.
struct Found {
    size_t right = 0, wrong = 0, missed = 0;
    Found& operator+=(const Found& other);
    double precision() const;  ///< 1 where nothing was named
    double recall() const;
};

Found compare(const std::set<std::string>& found, const std::set<std::string>& planted);

struct DriftPlan {
    uint32_t sites = 20;
    uint32_t devices_per_site = 12;
    uint32_t days = 60;
    /// How far a drift or a site event moves in the end, in deviations of noise.
    double effect = 4;
    double autocorrelation = 0.3;  ///< of each device's noise from day to day
    double missing = 0.05;         ///< share of days without a value
};

struct DriftFleet {
    std::vector<insight::PeerHistory> histories;
    std::set<std::string> drifting;  ///< devices
    std::set<std::string> eventful;  ///< sites
};

/// Daily scores: every device on its own level with its own noise, weather over the whole fleet;
/// one device in twenty drifts (by a ramp or a step), one site in ten has an event that all its
/// devices share.
DriftFleet drift_fleet(const DriftPlan& plan, uint64_t seed);

struct CausePlan {
    uint32_t devices = 600;
    uint32_t sites = 20, lines = 40, batches = 15, firmwares = 4, models = 3;
    uint32_t hours = 72;
    double background = 0.005;  ///< anomalies per device and hour without a cause
    double affected = 0.7;      ///< share of the devices with the cause that have an anomaly
};

struct CauseFleet {
    std::vector<insight::FleetMember> members;
    std::vector<insight::Anomaly> anomalies;
    std::set<std::string> causes;  ///< "batch=B3"
};

/// One to three causes (a site's event, a bad batch, a bad firmware ...) at random hours among
/// anomalies that have none; with `causes` = 0 there is nothing to find.
CauseFleet cause_fleet(const CausePlan& plan, uint32_t causes, uint64_t seed);

struct FailurePlan {
    uint32_t devices = 200;
    uint32_t beginning = 10;  ///< devices whose failure begins
    uint32_t days = 80;
    uint32_t pattern_days = 20;
    double effect = 6;  ///< how far the failure has moved by now, in deviations of noise
};

struct FailureFleet {
    insight::History pattern;
    std::vector<insight::PeerHistory> histories;
    std::set<std::string> beginning;
};

/// One machine failed after an exponential rise; in some others the same has begun.
FailureFleet failure_fleet(const FailurePlan& plan, uint64_t seed);

}  // namespace ganglion::fleet::testing
