#include <unistd.h>

#include <array>
#include <filesystem>

#include "bench/updates/bench_rollouts.hpp"
#include "fleet/testing/simulated_fleet.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::bench {
namespace {

using namespace fleet;
using namespace fleet::testing;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kStep = kHour / 2;
constexpr int64_t kPast = 24 * kHour;
constexpr int64_t kCanary = 24 * kHour;

struct Kind {
    const char* name;
    ModelConduct conduct;
};

// What a device's own health rule does not see: it goes on working.
constexpr std::array kWorse = {
    Kind{"twice the alerts", {.alert_factor = 2}},
    Kind{"half of what it should hear is missed", {.alert_factor = 0.5}},
    Kind{"scores a sixth of full scale too high", {.score_shift = 1.33}},
    Kind{"more alerts by half, scores somewhat higher", {.alert_factor = 1.6, .score_shift = 0.6}},
};
constexpr std::array kGood = {
    Kind{"the same", {}},
    Kind{"a tenth fewer alerts", {.alert_factor = 0.9}},
    Kind{"a tenth more alerts, scores a little sharper",
         {.alert_factor = 1.1, .score_shift = 0.15}},
    Kind{"1 % of devices fail", {.failing = 0.01}},
};

/// Whether it was stopped before the canary stage was over.
bool stopped(const ModelConduct& conduct, uint32_t seed) {
    const TemporaryDirectory directory;
    ReleaseLab lab(directory.path() / "releases");
    const Release release = lab.add(5);
    RolloutEngine engine(directory.path() / "rollouts.db", lab.store(), [](const AuditEntry&) {});
    SimulatedFleet devices({.devices = 1000, .seed = seed}, release, conduct);
    engine.run([&](RolloutEngine::Batch& batch) {
        for (const auto& said : devices.retained())
            if (said.is_update)
                batch.update(devices.id(said.device), said.payload, 0);
            else
                batch.status(devices.id(said.device), true, "wake_word", 0);
    });
    devices.exchange(engine, kPast);
    RolloutSpec spec;
    spec.release = release.id;
    spec.stages = {{0.06, kCanary / 1000}, {1, 0}};
    spec.look_s = 3600;
    const int64_t id = engine.create(spec, "bench", kPast);
    for (int64_t now = kPast; now < kPast + kCanary + 4 * kHour; now += kStep) {
        devices.exchange(engine, now);
        const RolloutView view = engine.rollout(id, 1);
        if (view.row.state != RolloutState::running) return true;
        if (view.row.stage > 0) return false;
    }
    throw std::runtime_error("a simulated rollout neither passed nor stopped");
}

/// How many rollouts were judged wrongly: a good release stopped, a worse one let through.
template <size_t N>
Row row_of(const char* name, const std::array<Kind, N>& kinds, uint32_t rollouts, bool worse,
           uint32_t seed, const std::function<void()>& one_done) {
    double count = 0;
    for (uint32_t i = 0; i < rollouts; ++i) {
        count += stopped(kinds[i % N].conduct, seed + i) != worse ? 1 : 0;
        one_done();
    }
    return {.bench = "updates",
            .name = name,
            .value = count,
            .unit = "rollouts",
            .peer = "of",
            .peer_value = static_cast<double>(rollouts),
            .goal = 0.05};
}

}  // namespace

std::vector<Row> gate_rows(uint32_t rollouts, const Progress& on_progress) {
    double done = 0;
    const auto one_done = [&] { on_progress("gates", ++done / (2.0 * rollouts)); };
    return {row_of("gates: quietly worse releases let past the canary stage", kWorse, rollouts,
                   true, 1, one_done),
            row_of("gates: good releases stopped", kGood, rollouts, false, 100'001, one_done)};
}

}  // namespace ganglion::bench
