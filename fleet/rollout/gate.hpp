#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "device/update/health.hpp"

namespace ganglion::fleet {

/// What a device's bundle has decided in a stretch of time.
struct Observed {
    uint64_t inferences = 0;
    uint64_t alerts = 0;
    std::array<uint64_t, update::HealthRule::kBins> bins{};  ///< scores by eighths of full scale

    void add(const Observed& more);
};

/// One device of an arm: before the stage, with what it had then; and since.
struct ArmDevice {
    Observed before, since;
};

/// How much worse a canary may be than the control before the rollout stops.
struct GateLimits {
    double failures = 0.05;       ///< share of installations that may fail
    double unhealthy = 0.05;      ///< share of trials that devices may end themselves
    double alert_ratio = 1.3;     ///< alert rate of the canary to that of the control, either way
    double alert_slack = 1;       ///< and so many alerts per 1000 inferences beside
    double score_distance = 0.1;  ///< of the distributions of scores (Kolmogorov), 0..1
    double alpha = 0.05;          ///< of wrongly stopping what is within the limits, over all looks
    uint32_t devices = 10;        ///< in each arm, at least
    uint64_t inferences = 100;    ///< of a device, at least, for it to count
};

struct GateVerdict {
    bool stop = false;
    std::string why;         ///< one sentence, with numbers
    nlohmann::json numbers;  ///< behind it
};

/// Whether more installations failed than `limit` of them would explain at this look.
GateVerdict judge_share(const std::string& what, uint64_t failed, uint64_t trials, double limit,
                        double alpha, uint32_t look);

/// Canary against control, a device a unit, since devices differ and what one decides hangs
/// together. Welch's test on alert rates (each adjusted by the device's own before: CUPED, Deng et
/// al. 2013) against the limits, and on the share of scores below each eighth; the level of a look
/// is shared by all (Bonferroni) and spent as spent_at() says. Stops only where a limit is broken
/// beyond doubt; says what it could not have seen.
GateVerdict judge_arms(std::span<const ArmDevice> canary, std::span<const ArmDevice> control,
                       const GateLimits& limits, uint32_t look);

}  // namespace ganglion::fleet
