#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/coordinate/plausibility.hpp"
#include "fleet/coordinate/region_plan.hpp"

namespace ganglion::fleet::coordinate {

struct CoordinatorOptions {
    size_t horizon = 24;           ///< steps: the rest of this hour, then hours
    uint32_t cycle_s = 300;        ///< divides plan_s
    uint32_t plan_s = 900;         ///< divides an hour: between plans, cycles only trim
    uint32_t valid_s = 7200;       ///< a set-point is held so long where no new one comes
    size_t set_point_steps = 3;    ///< hours that a set-point speaks of
    size_t most_blocks = 4;        ///< feeders that are alike are planned as one
    double margin_deviations = 2;  ///< of a feeder's forecast, kept free below its limit
    double error_keeps = 0.8;      ///< share of a feeder's present error that lasts an hour
    double error_into_slot = 0.4;  ///< share that lasts when new forecasts come
    double least_change = 0.003;  ///< of a feeder's limit: set-points that change less are not sent
    double corrects = 0.7;        ///< share of a feeder's error that one measurement corrects
    double trims_from = 0.002;    ///< of the region's demand: less is not trimmed between plans
    size_t trim_parts = 8;        ///< such a part of all feeders trims, in turns; more where needed
    bool local_too = false;       ///< also reckons what local rules alone would have come to
    uint32_t cheap_from_h = 22, cheap_until_h = 6;  ///< UTC: the tariff's low hours, for that
    WatchOptions watch;
    Market market;
};

/// What a feeder may carry and how many devices hang on it.
struct FeederPlace {
    std::string id;
    double most_taken = 0, most_given = 0;  ///< W
    size_t devices = 0;
};

/// Something that the coordinator decided, and why.
struct CoordinatorDecision {
    std::string kind;    ///< "plan", "trim", "limit", "leave out", "take in", "feeder"
    std::string object;  ///< feeder or feeder/device index
    std::string text;
    size_t feeder = 0;
    std::optional<size_t> device;
};

/// Levels for all devices of one feeder.
struct FeederOrder {
    uint32_t sequence = 0;  ///< s since 1970 when it was made: rises over every restart
    std::vector<device::Levels> levels;  ///< the rest of this hour, then hours
    double expected = 0;                 ///< W that the feeder should then take
    double measured = 0;   ///< W that it took in the last cycle; expected, where nothing was heard
    bool changed = false;  ///< else the one before still says the same and still holds
};

struct Cycle {
    RegionPlan plan;
    std::vector<FeederOrder> orders;  ///< a feeder each
    std::vector<CoordinatorDecision> decisions;
    double demand = 0;                  ///< W expected now
    double scheduled = 0;               ///< W that generators give in this hour
    double measured = 0;                ///< W that feeders took in the last cycle
    double local = 0;                   ///< W that local rules alone would take now; see local_too
    size_t over = 0;                    ///< feeders that were beyond their limit in the last cycle
    size_t believed = 0, left_out = 0;  ///< devices
};

/// Balances devices that none of them could balance alone: takes their summaries, leaves out whom
/// it cannot believe, plans the region over a rolling horizon (home → feeder → region: feeders sum
/// their homes up, the region's linear program plans feeders, each feeder's levels divide its part
/// among its homes), and gives each feeder levels to follow. Between two plans it holds the region
/// to its schedule by what feeders measured: a few feeders' storages at a time are told anew, so
/// that little is sent. Deterministic; keeps no clock.
class Coordinator {
  public:
    Coordinator(CoordinatorOptions options, std::vector<FeederPlace> feeders,
                std::unique_ptr<LinearSolver> solver = make_clp_solver());
    ~Coordinator();
    Coordinator(const Coordinator&) = delete;
    Coordinator& operator=(const Coordinator&) = delete;

    /// A summary of device `index` of `feeder`.
    void hear(size_t feeder, size_t index, const device::Summary& summary);
    /// Mean power through the feeder's own meter over the last cycle, W, without the line's losses.
    void measure(size_t feeder, double power);
    /// A device more on a feeder; its index.
    size_t add_device(size_t feeder);

    /// The work of one cycle. `now_s`: s since 1970, a multiple of the cycle's length.
    Cycle run(uint32_t now_s);

    Suspicion suspicion(size_t feeder, size_t index) const;
    Suspicion suspicion(size_t feeder) const;
    const std::vector<FeederPlace>& feeders() const { return places_; }
    const CoordinatorOptions& options() const { return options_; }

  private:
    struct Member;
    struct Feeder;

    void watch(uint32_t now_s, Cycle& cycle);
    void hear_late(uint32_t now_s, Cycle& cycle);
    void let_pass(Feeder& feeder, uint32_t now_s) const;
    static double member_power(const Member& member, const device::Levels& levels, uint32_t step_s);
    Envelope envelope_of(const Feeder& feeder, size_t index, std::span<const double> step_h,
                         uint32_t now_s) const;
    std::vector<std::vector<size_t>> blocks_of(const std::vector<Envelope>& envelopes) const;
    void divide(const std::vector<size_t>& block, const BlockPlan& plan,
                const std::vector<Envelope>& envelopes, uint32_t step_s, uint32_t now_s,
                Cycle& cycle);
    void keep_limit(size_t index, const Envelope& envelope, uint32_t step_s, uint32_t now_s,
                    Cycle& cycle);
    void expect(Feeder& feeder, double unsteered, uint32_t step_s) const;
    void plan(const std::vector<Envelope>& envelopes, std::span<const double> step_h,
              uint32_t now_s, Cycle& cycle);
    void trim(const std::vector<Envelope>& envelopes, uint32_t now_s, Cycle& cycle);
    void settle(uint32_t now_s, Cycle& cycle);
    double live_alone(Feeder& feeder, double own_use, uint32_t now_s) const;
    static bool follows(const Feeder& feeder, size_t index);
    void close_gate(const RegionPlan& plan, uint32_t now_s);
    std::string reason(const RegionPlan& plan) const;

    CoordinatorOptions options_;
    std::vector<FeederPlace> places_;
    std::vector<std::unique_ptr<Feeder>> feeders_;
    std::unique_ptr<LinearSolver> solver_;
    std::optional<std::vector<double>> scheduled_, next_scheduled_;
    std::vector<double> output_;
    double peak_ = 0;
    uint32_t last_slot_ = 0, last_cycle_s_ = 0, last_plan_s_ = 0;
    RegionPlan plan_;       ///< in force
    double carried_ = 0;    ///< beyond the plan since the quarter hour began, W a cycle
    size_t next_trim_ = 0;  ///< feeder whose turn it is
};

}  // namespace ganglion::fleet::coordinate
