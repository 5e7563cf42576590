#include "fleet/rollout/gate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fleet/rollout/statistics.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kBins = update::HealthRule::kBins;
constexpr size_t kTests = 2 + 2 * (kBins - 1);

/// One number of a device, before and since.
struct Pair {
    double before;
    double since;
    bool known;  ///< before
};
using Arm = std::vector<Pair>;

double share_below(const Observed& observed, size_t bins) {
    uint64_t below = 0;
    for (size_t i = 0; i < bins; ++i) below += observed.bins[i];
    return static_cast<double>(below) / static_cast<double>(observed.inferences);
}

template <typename Value>
Arm arm_of(std::span<const ArmDevice> devices, uint64_t least, Value value) {
    Arm arm;
    for (const ArmDevice& device : devices) {
        if (device.since.inferences < least) continue;
        const bool known = device.before.inferences >= least;
        arm.push_back({known ? value(device.before) : 0, value(device.since), known});
    }
    return arm;
}

/// Takes from each arm what the devices' own past explains of their differences: the same slope for
/// both, so nothing of a difference between the arms goes with it. Devices without a past stay.
void adjust(Arm& canary, Arm& control) {
    double together = 0;
    double squares = 0;
    Moments past;
    for (const Arm* arm : {&canary, &control}) {
        Moments before;
        Moments since;
        for (const Pair& pair : *arm) {
            if (!pair.known) continue;
            before.add(pair.before);
            since.add(pair.since);
            past.add(pair.before);
        }
        for (const Pair& pair : *arm) {
            if (!pair.known) continue;
            together += (pair.before - before.mean()) * (pair.since - since.mean());
            squares += (pair.before - before.mean()) * (pair.before - before.mean());
        }
    }
    if (squares <= 0) return;
    const double slope = together / squares;
    for (Arm* arm : {&canary, &control})
        for (Pair& pair : *arm)
            if (pair.known) pair.since -= slope * (pair.before - past.mean());
}

Moments moments_of(const Arm& arm) {
    Moments moments;
    for (const Pair& pair : arm) moments.add(pair.since);
    return moments;
}

/// Welch: P of a mean difference `first - factor * second` so far above `limit`, were it at it.
double tail_above(const Moments& first, const Moments& second, double factor, double limit) {
    const double a = first.variance() / static_cast<double>(first.count());
    const double b = factor * factor * second.variance() / static_cast<double>(second.count());
    const double distance = first.mean() - factor * second.mean() - limit;
    if (a + b <= 0) return distance > 0 ? 0 : 1;
    const double degrees = (a + b) * (a + b) /
                           (a * a / static_cast<double>(first.count() - 1) +
                            b * b / static_cast<double>(second.count() - 1));
    return student_tail(distance / std::sqrt(a + b), degrees);
}

struct Suspicion {
    double tail = 1;
    std::string why;
};

void note(Suspicion& worst, double tail, const std::string& why) {
    if (tail < worst.tail) worst = {tail, why};
}

}  // namespace

void Observed::add(const Observed& more) {
    inferences += more.inferences;
    alerts += more.alerts;
    for (size_t i = 0; i < bins.size(); ++i) bins[i] += more.bins[i];
}

GateVerdict judge_share(const std::string& what, uint64_t failed, uint64_t trials, double limit,
                        double alpha, uint32_t look) {
    const double level = spent_at(alpha, look);
    const double tail = binomial_tail(failed, trials, limit);
    GateVerdict verdict;
    verdict.stop = trials > 0 && tail < level;
    verdict.why = fmt::format("{} of {} {}, {:.1f} % may", failed, trials, what, 100 * limit);
    verdict.numbers = {{"failed", failed}, {"of", trials},   {"limit", limit},
                       {"tail", tail},     {"level", level}, {"look", look}};
    return verdict;
}

GateVerdict judge_arms(std::span<const ArmDevice> canary, std::span<const ArmDevice> control,
                       const GateLimits& limits, uint32_t look) {
    const auto rate = [](const Observed& observed) {
        return static_cast<double>(observed.alerts) / static_cast<double>(observed.inferences);
    };
    Arm canary_rates = arm_of(canary, limits.inferences, rate);
    Arm control_rates = arm_of(control, limits.inferences, rate);
    GateVerdict verdict;
    verdict.numbers = {
        {"canary", canary_rates.size()}, {"control", control_rates.size()}, {"look", look}};
    if (canary_rates.size() < std::max(limits.devices, 2U) ||
        control_rates.size() < std::max(limits.devices, 2U)) {
        verdict.why = fmt::format(
            "not compared: {} canary and {} control devices have decided enough, {} of each are "
            "needed",
            canary_rates.size(), control_rates.size(), limits.devices);
        return verdict;
    }
    const double level = spent_at(limits.alpha, look) / kTests;
    Suspicion worst;
    adjust(canary_rates, control_rates);
    const Moments ours = moments_of(canary_rates);
    const Moments theirs = moments_of(control_rates);
    const double slack = limits.alert_slack / 1000;
    const std::string rates =
        fmt::format("{:.2f} alerts per 1000 inferences in the canary, {:.2f} in the control",
                    1000 * ours.mean(), 1000 * theirs.mean());
    note(worst, tail_above(ours, theirs, limits.alert_ratio, slack), "more alerts: " + rates);
    Moments negative_ours;
    Moments negative_theirs;
    for (const Pair& pair : canary_rates) negative_ours.add(-pair.since);
    for (const Pair& pair : control_rates) negative_theirs.add(-pair.since);
    note(worst, tail_above(negative_ours, negative_theirs, 1 / limits.alert_ratio, slack),
         "fewer alerts: " + rates);
    double distance = 0;
    for (size_t bins = 1; bins < kBins; ++bins) {
        const auto share = [bins](const Observed& observed) { return share_below(observed, bins); };
        Arm a = arm_of(canary, limits.inferences, share);
        Arm b = arm_of(control, limits.inferences, share);
        adjust(a, b);
        const Moments first = moments_of(a);
        const Moments second = moments_of(b);
        distance = std::max(distance, std::abs(first.mean() - second.mean()));
        const std::string why =
            fmt::format("scores differ: {:.1f} % below {} in the canary, {:.1f} % in the control",
                        100 * first.mean(), 125 * bins, 100 * second.mean());
        note(worst, tail_above(first, second, 1, limits.score_distance), why);
        note(worst, tail_above(second, first, 1, limits.score_distance), why);
    }
    verdict.numbers["canary_rate"] = ours.mean();
    verdict.numbers["control_rate"] = theirs.mean();
    verdict.numbers["score_distance"] = distance;
    verdict.numbers["tail"] = worst.tail;
    verdict.numbers["level"] = level;
    verdict.stop = worst.tail < level;
    verdict.why = verdict.stop ? worst.why
                               : fmt::format("{} ({} and {} devices); scores differ by {:.1f} %",
                                             rates, ours.count(), theirs.count(), 100 * distance);
    return verdict;
}

}  // namespace ganglion::fleet
