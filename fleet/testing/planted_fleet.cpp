#include "fleet/testing/planted_fleet.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace ganglion::fleet::testing {
namespace {

using Generator = std::mt19937_64;

double uniform(Generator& random) {
    return std::uniform_real_distribution<double>(0, 1)(random);
}

double normal(Generator& random) {
    return std::normal_distribution<double>(0, 1)(random);
}

uint32_t below(Generator& random, uint32_t n) {
    return std::uniform_int_distribution<uint32_t>(0, n - 1)(random);
}

std::string numbered(const char* prefix, uint32_t number) {
    return prefix + std::to_string(number);
}

/// From 0 to 1: a ramp that begins in the first half, or a step between a third and two thirds.
std::vector<double> movement(uint32_t days, Generator& random) {
    std::vector<double> shape(days, 0.0);
    const bool ramp = uniform(random) < 0.5;
    const uint32_t begin = ramp ? below(random, std::max(1U, days / 4))
                                : days / 3 + below(random, std::max(1U, days / 3));
    for (uint32_t day = begin; day < days; ++day)
        shape[day] = ramp ? static_cast<double>(day - begin + 1) / (days - begin) : 1;
    return shape;
}

/// First-order autoregressive noise of deviation 1.
std::vector<double> noise(uint32_t days, double autocorrelation, Generator& random) {
    std::vector<double> values(days);
    double last = normal(random);
    const double fresh = std::sqrt(1 - autocorrelation * autocorrelation);
    for (double& value : values) {
        last = autocorrelation * last + fresh * normal(random);
        value = last;
    }
    return values;
}

}  // namespace

Found& Found::operator+=(const Found& other) {
    right += other.right;
    wrong += other.wrong;
    missed += other.missed;
    return *this;
}

double Found::precision() const {
    return right + wrong == 0 ? 1 : static_cast<double>(right) / static_cast<double>(right + wrong);
}

double Found::recall() const {
    return right + missed == 0 ? 1
                               : static_cast<double>(right) / static_cast<double>(right + missed);
}

Found compare(const std::set<std::string>& found, const std::set<std::string>& planted) {
    Found result;
    for (const std::string& name : found) ++(planted.contains(name) ? result.right : result.wrong);
    result.missed = planted.size() - result.right;
    return result;
}

DriftFleet drift_fleet(const DriftPlan& plan, uint64_t seed) {
    Generator random(seed);
    DriftFleet fleet;
    const std::vector<double> weather = noise(plan.days, 0.8, random);
    for (uint32_t s = 0; s < plan.sites; ++s) {
        const std::string site = numbered("site-", s);
        const bool eventful = uniform(random) < 0.1;
        if (eventful) fleet.eventful.insert(site);
        const double event = eventful ? plan.effect * (uniform(random) < 0.5 ? 1 : -1) : 0;
        const std::vector<double> site_shape = movement(plan.days, random);
        for (uint32_t d = 0; d < plan.devices_per_site; ++d) {
            const std::string device = numbered("device-", s * plan.devices_per_site + d);
            const bool drifting = uniform(random) < 0.05;
            if (drifting) fleet.drifting.insert(device);
            const double drift = drifting ? plan.effect * (uniform(random) < 0.5 ? 1 : -1) : 0;
            const std::vector<double> shape = movement(plan.days, random);
            const double level = 10 * normal(random);
            insight::History history = noise(plan.days, plan.autocorrelation, random);
            for (uint32_t day = 0; day < plan.days; ++day) {
                history[day] += level + weather[day] + event * site_shape[day] + drift * shape[day];
                if (uniform(random) < plan.missing) history[day] = insight::kMissing;
            }
            fleet.histories.push_back({device, site, std::move(history)});
        }
    }
    return fleet;
}

CauseFleet cause_fleet(const CausePlan& plan, uint32_t causes, uint64_t seed) {
    Generator random(seed);
    CauseFleet fleet;
    for (uint32_t d = 0; d < plan.devices; ++d) {
        const uint32_t site = below(random, plan.sites);
        fleet.members.push_back(
            {numbered("device-", d),
             {{"site", numbered("S", site)},
              {"line", numbered("L", site * plan.lines / plan.sites + below(random, 2))},
              {"batch", numbered("B", below(random, plan.batches))},
              {"firmware", numbered("F", below(random, plan.firmwares))},
              {"model", numbered("M", below(random, plan.models))}}});
    }
    constexpr int64_t hour_ms = 3'600'000;
    for (const insight::FleetMember& member : fleet.members) {
        for (uint32_t hour = 0; hour < plan.hours; ++hour) {
            if (uniform(random) < plan.background) {
                fleet.anomalies.push_back(
                    {member.device,
                     hour * hour_ms + static_cast<int64_t>(uniform(random) * hour_ms)});
            }
        }
    }
    const char* kinds[] = {"site", "batch", "firmware", "model", "line"};
    for (uint32_t c = 0; c < causes; ++c) {
        const char* kind = kinds[below(random, 5)];
        const auto& like = fleet.members[below(random, plan.devices)].attributes.at(kind);
        const auto at = static_cast<int64_t>(below(random, plan.hours)) * hour_ms;
        if (!fleet.causes.insert(std::string(kind) + "=" + like).second) continue;
        for (const insight::FleetMember& member : fleet.members) {
            if (member.attributes.at(kind) != like || uniform(random) >= plan.affected) continue;
            fleet.anomalies.push_back(
                {member.device, at + static_cast<int64_t>(uniform(random) * hour_ms / 2)});
        }
    }
    return fleet;
}

FailureFleet failure_fleet(const FailurePlan& plan, uint64_t seed) {
    Generator random(seed);
    FailureFleet fleet;
    const auto rise = [&](uint32_t day) {
        return (std::exp(3.0 * (day + 1) / plan.pattern_days) - 1) / (std::exp(3.0) - 1);
    };
    fleet.pattern = noise(plan.pattern_days, 0.2, random);
    for (uint32_t day = 0; day < plan.pattern_days; ++day)
        fleet.pattern[day] += 2 * plan.effect * rise(day);
    for (uint32_t d = 0; d < plan.devices; ++d) {
        const std::string device = numbered("device-", d);
        insight::History history = noise(plan.days, 0.2, random);
        if (d < plan.beginning) {
            fleet.beginning.insert(device);
            for (uint32_t day = 0; day < plan.pattern_days; ++day)
                history[plan.days - plan.pattern_days + day] += plan.effect * rise(day);
        }
        fleet.histories.push_back({device, "", std::move(history)});
    }
    return fleet;
}

}  // namespace ganglion::fleet::testing
