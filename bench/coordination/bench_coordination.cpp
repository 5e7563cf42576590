#include "bench/coordination/bench_coordination.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "bench/coordination/faults.hpp"
#include "bench/coordination/link.hpp"
#include "bench/coordination/simulate.hpp"
#include "bench/coordination/together.hpp"
#include "compile/bundle_signature.hpp"
#include "update/package.hpp"

namespace ganglion::bench {
namespace {

using namespace grid;

/// A meter's power and voltage as int16 once a second, without any frame.
constexpr double kStreamedBytes = 2 * 2 * 3600;

Row row(const std::string& name, double value, const std::string& unit,
        std::optional<double> goal = {}) {
    return {"coordination", name, value, unit, {}, {}, goal};
}

Row against(const std::string& name, double value, const std::string& unit, const std::string& peer,
            double peer_value, double goal) {
    return {"coordination", name, value, unit, peer, peer_value, goal};
}

double cpu_seconds() {
    return double(std::clock()) / CLOCKS_PER_SEC;
}

void tell(const CoordinationBench& bench, const std::string& part, double fraction) {
    if (bench.progress) bench.progress(part, fraction);
}

using Payload = std::vector<uint8_t>;

/// A home's summary, unlike its neighbours'.
Payload summary_of(uint32_t home, uint32_t now_s) {
    device::Summary summary;
    summary.boot = 1;
    summary.sequence = now_s / 3600;
    summary.clock_s = now_s;
    summary.parts = 4;
    for (int32_t& part : summary.measured)
        part = static_cast<int32_t>(
            300 + 900 * share_of(1, home, uint64_t(&part - &summary.measured[0])));
    for (uint32_t hour = 0; hour < 24; ++hour)
        summary.forecast[hour] = static_cast<int32_t>(400 + 300 * share_of(2, home, hour) +
                                                      (hour > 8 && hour < 14 ? 700 : 0));
    summary.forecast_count = 24;
    summary.error = 150;
    const auto most = static_cast<int32_t>(5000 + 8000 * share_of(3, home, 0));
    summary.stores[0] = {device::StoreKind::storage, most / 3, most, most / 2, most / 2, 0, 0};
    summary.stores[1] = {device::StoreKind::task, 1000, 12'000, 0, 7400, 0, 44};
    summary.stores[2] = {device::StoreKind::buffer, 1500, 3000, 600, 1500, 0, 0};
    summary.store_count = 3;
    Payload bytes(device::kMaxSummaryBytes);
    bytes.resize(encode(summary, bytes));
    return bytes;
}

Row cycle_row(uint32_t homes, double goal) {
    constexpr uint32_t per_feeder = 50;
    constexpr uint32_t now_s = 1'800'000'000;
    const uint32_t feeders = homes / per_feeder;
    plan::CoordinatorOptions options;
    const double mean = 800.0 * homes;
    options.market.generators = {{"base", 0.8 * mean, 20, 0.3 * mean},
                                 {"middle", 0.8 * mean, 60, 0.5 * mean},
                                 {"peak", 3 * mean, 150, 3 * mean}};
    std::vector<plan::FeederPlace> places;
    for (uint32_t f = 0; f < feeders; ++f)
        places.push_back({"feeder-" + std::to_string(f), 150'000, 150'000, per_feeder});
    plan::Coordinator coordinator(options, std::move(places));
    const std::string key = compile::generate_signing_key();
    double worst = 0;
    // The second slot is one with a history: watch and warm start.
    for (uint32_t slot = 0; slot < 2; ++slot) {
        const uint32_t at_s = now_s / 3600 * 3600 + slot * 3600;
        std::vector<Payload> said;
        for (uint32_t home = 0; home < homes; ++home) said.push_back(summary_of(home, at_s));
        const double begin = cpu_seconds();
        device::Summary summary;
        for (uint32_t home = 0; home < homes; ++home) {
            if (!decode(said[home], summary)) throw std::runtime_error("a summary is no good");
            coordinator.hear(home / per_feeder, home % per_feeder, summary);
        }
        const plan::Cycle cycle = coordinator.run(at_s);
        if (!cycle.plan.optimal) throw std::runtime_error("a plan has no solution");
        for (uint32_t f = 0; f < feeders; ++f) {
            device::SetPoint set_point;
            set_point.target = "feeder";
            set_point.sequence = cycle.orders[f].sequence;
            set_point.issued_s = at_s;
            set_point.valid_s = options.valid_s;
            set_point.step_s = 3600;
            set_point.steps = static_cast<uint32_t>(cycle.orders[f].levels.size());
            std::copy(cycle.orders[f].levels.begin(), cycle.orders[f].levels.end(),
                      set_point.levels.begin());
            std::array<uint8_t, device::kMaxSetPointBytes> payload;
            const size_t size = encode(set_point, payload);
            update::seal(device::kSetPointPurpose, std::span(payload).first(size), key);
        }
        worst = std::max(worst, cpu_seconds() - begin);
    }
    return row("cycle of " + std::to_string(homes) + " homes, CPU time of one thread", worst, "s",
               goal);
}

}  // namespace

std::vector<Row> grid_rows(const CoordinationBench& bench) {
    tell(bench, "learning", 0);
    const Scene scene(bench.scene);
    tell(bench, "optimum", 0.2);
    const double best = optimum(scene);
    tell(bench, "no coordination", 0.25);
    const Outcome none = simulate(scene, Policy::none);
    tell(bench, "local rules", 0.3);
    const Outcome local = simulate(scene, Policy::local);
    tell(bench, "coordinated", 0.4);
    const Outcome ours = simulate(scene, Policy::coordinated);
    std::vector<Row> rows;
    rows.push_back(
        against("cost", ours.cost, "currency", "optimum with perfect foresight", best, 1.05));
    rows.push_back(against("cost, local rules only", local.cost, "currency",
                           "optimum with perfect foresight", best, 0));
    rows.back().goal.reset();
    rows.push_back(against("cost, no coordination", none.cost, "currency",
                           "optimum with perfect foresight", best, 0));
    rows.back().goal.reset();
    rows.push_back(
        against("peak", ours.peak / 1e3, "kW", "no coordination", none.peak / 1e3, 0.85));
    rows.push_back(against("imbalance, RMS of quarter hours", ours.imbalance_rms / 1e3, "kW",
                           "local rules only", local.imbalance_rms / 1e3, 0.4));
    rows.push_back(against("imbalance, RMS of five minutes", ours.imbalance_step_rms / 1e3, "kW",
                           "local rules only", local.imbalance_step_rms / 1e3, 0.4));
    rows.back().goal.reset();
    rows.push_back(row("feeder steps beyond their limit", double(ours.violations), "steps", 0));
    rows.push_back(
        row("feeder steps beyond their limit, no coordination", double(none.violations), "steps"));
    rows.push_back(row("cars' energy missing when they left", 100 * ours.late_energy, "%"));
    rows.push_back(row("homes left out, mean of cycles", 100 * ours.left_out, "%"));
    rows.push_back(against("bytes per home and hour", ours.bytes_per_home_hour, "bytes",
                           "power and voltage once a second, int16, unframed", kStreamedBytes,
                           0.05));
    // An hour of the first evening, when cars come.
    const uint32_t evening = scene.first_step() + 6 * kStepsPerHour;
    const std::pair<const char*, Loss::Of> losses[] = {{"coordinator", Loss::Of::coordinator},
                                                       {"broker", Loss::Of::broker},
                                                       {"30 % of the homes", Loss::Of::homes}};
    double fraction = 0.6;
    for (const auto& [name, of] : losses) {
        tell(bench, std::string(name) + " lost", fraction);
        fraction += 0.1;
        const Outcome lost = simulate(scene, Policy::coordinated, Loss{of, evening});
        rows.push_back(row(
            std::string("feeder steps beyond their limit, ") + name + " lost for an evening hour",
            double(lost.violations), "steps", 0));
    }
    return rows;
}

std::vector<Row> fault_rows(const CoordinationBench& bench) {
    const Scene scene(bench.scene);
    const FaultOutcome outcome = inject_faults(scene, bench.fault_episodes);
    std::vector<Row> rows;
    uint64_t injected = 0;
    uint64_t found = 0;
    for (const FaultTally& kind : outcome.kinds) {
        injected += kind.injected;
        found += kind.found;
        rows.push_back(row("faults missed after 3 cycles, " + kind.name,
                           100 - 100 * double(kind.found) / double(kind.injected), "%"));
    }
    rows.push_back(row("faults missed after 3 cycles, all",
                       100 - 100 * double(found) / double(injected), "%", 5));
    rows.push_back(row("healthy meters and feeders suspected",
                       100 * double(outcome.suspected) / double(outcome.healthy), "%", 1));
    return rows;
}

std::vector<Row> together_rows(const CoordinationBench& bench) {
    const std::filesystem::path data = bench.scene.data.parent_path();
    std::vector<Row> rows;
    if (!std::filesystem::exists(data / "vibration") || !std::filesystem::exists(data / "field"))
        return rows;
    for (const auto& show : {together::share_motors, together::share_plots}) {
        tell(bench, "learning together", 0.95);
        const together::Shown shown = show(data, "test");
        const std::string of = "learning together, " + shown.name + ": ";
        const double longest = shown.alone.back().learned;
        const auto primed = shown.primed_time();
        rows.push_back(against(of + "time to full quality" + (primed ? "" : ", never reached"),
                               primed.value_or(longest), shown.unit, "alone",
                               shown.alone_time().value_or(longest), 0.25));
        rows.push_back(row(of + "decisions changed by 3 poisoned of 20 contributors, of " +
                               std::to_string(shown.decisions),
                           double(shown.changed), "decisions", 0));
        rows.push_back(row(of + "privacy of a contribution, rho (zCDP)", shown.cost.rho, "rho"));
        rows.push_back(row(of + "privacy of a contribution, epsilon at delta 1e-5",
                           shown.cost.epsilon(1e-5), "epsilon"));
        rows.push_back(against(of + "bytes of a contribution", shown.contribution_bytes, "bytes",
                               "what was sensed for it", shown.sensed_bytes, 0));
        rows.back().goal.reset();
    }
    return rows;
}

std::vector<Row> cycle_rows(const CoordinationBench& bench) {
    std::vector<Row> rows;
    for (const uint32_t homes : bench.cycle_homes)
        rows.push_back(cycle_row(homes, homes > 10'000 ? 60 : 2));
    return rows;
}

}  // namespace ganglion::bench
