#include "fleet/coordinate/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "device/coordinate/local_rule.hpp"
#include "fleet/coordinate/coordinator_state.hpp"
#include "fleet/coordinate/disaggregate.hpp"

namespace ganglion::fleet::coordinate {
namespace {

constexpr uint32_t kHour = 3600;
constexpr uint32_t kQuarterS = 900;
constexpr double kMega = 1e6;
constexpr double kRamp = 0.8;  ///< share of the way to the next hour that an hour goes

}  // namespace

Coordinator::Coordinator(CoordinatorOptions options, std::vector<FeederPlace> feeders,
                         std::unique_ptr<LinearSolver> solver)
    : options_(std::move(options)), places_(std::move(feeders)), solver_(std::move(solver)) {
    for (const FeederPlace& place : places_)
        feeders_.push_back(std::make_unique<Feeder>(place.devices, options_.watch));
}

Coordinator::~Coordinator() = default;

size_t Coordinator::add_device(size_t feeder) {
    Feeder& to = *feeders_[feeder];
    to.members.emplace_back();
    to.watch.add_device();
    return places_[feeder].devices++;
}

void Coordinator::hear(size_t feeder, size_t index, const device::Summary& summary) {
    Member& member = feeders_[feeder]->members[index];
    member.summary = summary;
    member.ever = true;
    member.told = false;
}

void Coordinator::measure(size_t feeder, double power) {
    Feeder& at = *feeders_[feeder];
    at.measured.push_back(power);
    at.carried = power;
    at.heard = true;
    if (at.sent_s != 0) at.own_error += options_.corrects * (power - at.expected);
}

Suspicion Coordinator::suspicion(size_t feeder, size_t index) const {
    return feeders_[feeder]->watch.of(index);
}

Suspicion Coordinator::suspicion(size_t feeder) const {
    return feeders_[feeder]->watch.feeder();
}

// Once a slot: whom to believe.
void Coordinator::watch(uint32_t now_s, Cycle& cycle) {
    const uint32_t slot = now_s / kHour;
    for (size_t f = 0; f < feeders_.size(); ++f) {
        Feeder& feeder = *feeders_[f];
        feeder.own_error *= options_.error_into_slot;
        FeederSlot given{now_s, std::move(feeder.measured), {}};
        feeder.measured.clear();
        bool any = false;
        for (Member& member : feeder.members) {
            if (!member.told) member.heard_slot = slot;
            const bool heard = member.ever && member.heard_slot == slot;
            any |= heard;
            given.summaries.push_back(heard ? &member.summary : nullptr);
        }
        if (!any && !given.measured.empty() && last_slot_ == 0) continue;
        feeder.watch.take(given);
        feeder.suspicions.resize(feeder.members.size(), Suspicion::none);
        for (size_t i = 0; i < feeder.members.size(); ++i) {
            const Suspicion now = feeder.watch.of(i);
            if (now == feeder.suspicions[i]) continue;
            const bool in = now == Suspicion::none;
            cycle.decisions.push_back({in ? "take in" : "leave out", places_[f].id,
                                       in ? std::string("its word fits again") : to_string(now), f,
                                       i});
            feeder.suspicions[i] = now;
        }
        if (feeder.watch.feeder() != feeder.suspicion) {
            feeder.suspicion = feeder.watch.feeder();
            cycle.decisions.push_back(
                {"feeder", places_[f].id,
                 feeder.suspicion == Suspicion::none
                     ? "its sum fits again"
                     : fmt::format("{}: {:.0f} W", to_string(feeder.suspicion), feeder.watch.gap()),
                 f, std::nullopt});
        }
    }
}

// Within a slot: who was silent at its beginning and has spoken since.
void Coordinator::hear_late(uint32_t now_s, Cycle& cycle) {
    for (size_t f = 0; f < feeders_.size(); ++f) {
        Feeder& feeder = *feeders_[f];
        for (size_t i = 0; i < feeder.members.size(); ++i) {
            Member& member = feeder.members[i];
            if (member.told || !feeder.watch.comes_late(i)) continue;
            member.heard_slot = now_s / kHour;
            if (i < feeder.suspicions.size()) feeder.suspicions[i] = feeder.watch.of(i);
            cycle.decisions.push_back({"take in", places_[f].id, "it came late", f, i});
        }
    }
}

// What devices have done since their summary, by the rule that they follow.
double Coordinator::member_power(const Member& member, const device::Levels& levels,
                                 uint32_t step_s) {
    double sum = 0;
    for (uint32_t i = 0; i < member.summary.store_count; ++i) {
        const device::Store& store = member.summary.stores[i];
        sum += mean_response(store, levels[static_cast<size_t>(store.kind)], step_s);
    }
    return sum;
}

void Coordinator::let_pass(Feeder& feeder, uint32_t now_s) const {
    const uint32_t passed = last_cycle_s_ == 0 ? 0 : now_s - last_cycle_s_;
    feeder.moved = false;
    for (Member& member : feeder.members) {
        if (!member.told && passed != 0) {
            // What came or went within the cycle is known now: it was no error of the forecast.
            const uint32_t since = now_s - std::min(now_s, member.summary.clock_s);
            const double share = std::min(1.0, double(since) / passed);
            feeder.own_error -=
                share * (member_power(member, feeder.levels, passed) - member.expected);
        }
        if (!std::exchange(member.told, true) || passed == 0) continue;
        for (uint32_t i = 0; i < member.summary.store_count; ++i) {
            device::Store& store = member.summary.stores[i];
            const auto kind = static_cast<size_t>(store.kind);
            const int32_t power = mean_response(store, feeder.levels[kind], passed);
            device::advance(store, power, passed);
            const uint32_t quarters = now_s / kQuarterS - last_cycle_s_ / kQuarterS;
            // Whether it has really come, the device says itself.
            if (store.from_q > 1) store.from_q -= std::min(store.from_q - 1, quarters);
            if (store.until_q > 1) store.until_q -= std::min(store.until_q - 1, quarters);
        }
    }
}

Envelope Coordinator::envelope_of(const Feeder& feeder, size_t index,
                                  std::span<const double> step_h, uint32_t now_s) const {
    Envelope envelope(step_h.size());
    for (size_t i = 0; i < feeder.members.size(); ++i) {
        const Member& member = feeder.members[i];
        if (!member.ever) continue;
        const bool believed = feeder.watch.believed(i);
        const uint32_t age = now_s / kHour - std::min(now_s, member.summary.clock_s) / kHour;
        if (age == 0 || member.summary.forecast_count == 0) {
            coordinate::add_device(envelope, step_h, member.summary, believed);
        } else {
            // Its forecast is of earlier hours: it goes on from where now is.
            device::Summary later = member.summary;
            const uint32_t shift = std::min(age, later.forecast_count - 1);
            std::rotate(later.forecast.begin(), later.forecast.begin() + shift,
                        later.forecast.begin() + later.forecast_count);
            coordinate::add_device(envelope, step_h, later, believed);
        }
    }
    // Hours' means follow each other in a line through their middles.
    const double middle = (now_s % kHour + options_.cycle_s / 2.0) / kHour;
    const double rest = (now_s % kHour + double(kHour)) / 2 / kHour;
    const double slope =
        envelope.steps() < 2 ? 0 : (envelope.own_use[1] - envelope.own_use[0]) * kRamp;
    envelope.own_now = envelope.own_use[0] + slope * (middle - 0.5) + feeder.own_error;
    envelope.own_use[0] += slope * (rest - 0.5);
    double lasts = 1;
    for (double& use : envelope.own_use) {
        use += feeder.own_error * lasts;
        lasts *= options_.error_keeps;
    }
    const double margin = options_.margin_deviations * std::sqrt(envelope.error_square);
    // Devices ease what strains their line from kEased on; a plan that went there would not come
    // true.
    const auto below = [margin](double limit) {
        return std::max(1.0, std::min(limit * device::kEased / 1000, limit - margin));
    };
    envelope.most_taken = below(places_[index].most_taken);
    envelope.most_given = below(places_[index].most_given);
    return envelope;
}

// Feeders in order of how tight they are, in as many parts as there may be blocks.
std::vector<std::vector<size_t>> Coordinator::blocks_of(
    const std::vector<Envelope>& envelopes) const {
    std::vector<double> tightness;
    for (const Envelope& envelope : envelopes) {
        double most = 0;
        for (size_t t = 0; t < envelope.steps(); ++t)
            most = std::max(most, envelope.own_use[t] + envelope.task_power[t]);
        tightness.push_back(most / envelope.most_taken);
    }
    std::vector<size_t> order(envelopes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order,
                             [&](size_t a, size_t b) { return tightness[a] < tightness[b]; });
    const size_t count = std::min(options_.most_blocks, order.size());
    std::vector<std::vector<size_t>> blocks(count);
    for (size_t i = 0; i < order.size(); ++i) blocks[i * count / order.size()].push_back(order[i]);
    return blocks;
}

void Coordinator::close_gate(const RegionPlan& plan, uint32_t now_s) {
    if (plan.output.size() < 2) return;
    output_ = plan.output[0];
    const bool last = now_s % kHour + options_.plan_s >= kHour;
    next_scheduled_ = last ? std::optional(plan.output[1]) : std::nullopt;
}

std::string Coordinator::reason(const RegionPlan& plan) const {
    double storage = 0;
    double task = 0;
    for (const BlockPlan& block : plan.blocks) {
        storage += block.storage.front();
        task += block.task.front();
    }
    const auto [low, high] = std::ranges::minmax(plan.price);
    return fmt::format(
        "{:.3f} MW expected; storage {} {:.3f} MW and tasks take {:.3f} MW, because a MWh costs "
        "{:.0f} now and {:.0f} to {:.0f} in the coming day",
        plan.demand.front() / kMega, storage < 0 ? "gives" : "takes", std::abs(storage) / kMega,
        task / kMega, plan.price.front(), low, high);
}

// What feeders took in the last cycle, and what of that was beyond the plan since the settlement's
// quarter hour began.
void Coordinator::settle(uint32_t now_s, Cycle& cycle) {
    for (size_t f = 0; f < feeders_.size(); ++f) {
        const double carried = feeders_[f]->carried;
        cycle.orders[f].measured = carried;
        cycle.measured += carried;
        const bool over = carried > places_[f].most_taken || carried < -places_[f].most_given;
        if (feeders_[f]->heard && over) ++cycle.over;
    }
    if (now_s % kQuarterS == 0 || plan_.demand.empty()) {
        carried_ = 0;
    } else {
        carried_ += cycle.measured - plan_.demand.front();
    }
}

void Coordinator::plan(const std::vector<Envelope>& envelopes, std::span<const double> step_h,
                       uint32_t now_s, Cycle& cycle) {
    RegionProblem problem;
    problem.step_h.assign(step_h.begin(), step_h.end());
    const auto blocks = blocks_of(envelopes);
    for (const auto& block : blocks) {
        Envelope sum(options_.horizon);
        for (const size_t f : block) sum += envelopes[f];
        problem.blocks.push_back(std::move(sum));
    }
    problem.market = options_.market;
    problem.output = output_;
    problem.scheduled = scheduled_;
    problem.peak_so_far = peak_;
    plan_ = plan_region(problem, *solver_);
    for (size_t b = 0; b < blocks.size(); ++b)
        divide(blocks[b], plan_.blocks[b], envelopes, options_.cycle_s, now_s, cycle);
    peak_ = std::max(peak_, plan_.demand.front());
    cycle.decisions.push_back({"plan", "region", reason(plan_), 0, std::nullopt});
    close_gate(plan_, now_s);
    last_plan_s_ = now_s;
}

Cycle Coordinator::run(uint32_t now_s) {
    Cycle cycle;
    const bool new_slot = now_s / kHour != last_slot_;
    if (new_slot) {
        watch(now_s, cycle);
        last_slot_ = now_s / kHour;
        if (next_scheduled_) scheduled_ = std::exchange(next_scheduled_, std::nullopt);
    } else {
        hear_late(now_s, cycle);
    }
    cycle.orders.resize(feeders_.size());
    settle(now_s, cycle);
    const auto step_h = horizon_steps(options_.horizon, 1.0 - double(now_s % kHour) / kHour);
    std::vector<Envelope> envelopes;
    for (size_t f = 0; f < feeders_.size(); ++f) {
        Feeder& feeder = *feeders_[f];
        let_pass(feeder, now_s);
        envelopes.push_back(envelope_of(feeder, f, step_h, now_s));
        if (options_.local_too) cycle.local += live_alone(feeder, envelopes[f].own_now, now_s);
    }
    if (plan_.demand.empty() || now_s / options_.plan_s != last_plan_s_ / options_.plan_s)
        plan(envelopes, step_h, now_s, cycle);
    else
        trim(envelopes, now_s, cycle);
    for (size_t f = 0; f < feeders_.size(); ++f) {
        Feeder& feeder = *feeders_[f];
        feeder.carried = feeder.expected;
        feeder.heard = false;
        for (size_t i = 0; i < feeder.members.size(); ++i)
            (feeder.watch.believed(i) && feeder.members[i].ever ? cycle.believed
                                                                : cycle.left_out)++;
    }
    cycle.plan = plan_;
    cycle.demand = plan_.demand.front();
    cycle.scheduled =
        std::accumulate(plan_.output.front().begin(), plan_.output.front().end(), 0.0);
    last_cycle_s_ = now_s;
    return cycle;
}

}  // namespace ganglion::fleet::coordinate
