#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>

#include "bench/updates/bench_rollouts.hpp"
#include "bench/updates/engine_process.hpp"
#include "fleet/testing/simulated_fleet.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::bench {
namespace {

using namespace fleet;
using namespace fleet::testing;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kStep = kHour / 12;
constexpr size_t kBatch = 10'000;

constexpr uint32_t kKills = 2;

/// The devices' side, step by step. In the midst of the two greatest waves of updates the server is
/// killed with a batch half told.
class World {
  public:
    World(SimulatedFleet& devices, ServerProcess& server) : devices_(devices), server_(server) {}

    void step(int64_t now_ms) {
        const bool die =
            kills_ < kKills && told_ > devices_.size() / 20 && now_ms >= killed_ms_ + kHour;
        told_ = 0;
        const auto said = devices_.advance(now_ms);
        tell(said, now_ms, die);
        // The server ticks ten times a second: while there is something to give, it is given.
        while (!die && tick(now_ms)) {
        }
        if (!die) return;
        server_.kill();
        server_.start();
        ++kills_;
        killed_ms_ = now_ms;
        // As the broker would: what it has kept of everybody comes to the new connection.
        Frame anew;
        anew.add(kAnew);
        anew.add(now_ms);
        exchange(anew, now_ms);
        tell(devices_.retained(), now_ms, false);
    }

    void tell(const std::vector<SimulatedFleet::Said>& said, int64_t now_ms, bool die) {
        for (size_t at = 0; at < said.size() || at == 0; at += kBatch) {
            Frame frame;
            const size_t end = std::min(at + kBatch, said.size());
            for (size_t i = at; i < end; ++i) {
                frame.add(said[i].is_update ? kUpdate : kStatus);
                frame.add(now_ms);
                frame.add(devices_.id(said[i].device));
                if (said[i].is_update)
                    frame.add(said[i].payload);
                else
                    frame.add(int64_t{said[i].online});
            }
            frame.add(kTick);
            frame.add(now_ms);
            if (die && end == said.size()) {
                frame.send(server_.socket());
                return;  // no answer is waited for
            }
            exchange(frame, now_ms);
            if (said.empty()) return;
        }
    }

    uint32_t kills() const { return kills_; }

  private:
    bool tick(int64_t now_ms) {
        Frame frame;
        frame.add(kTick);
        frame.add(now_ms);
        return exchange(frame, now_ms);
    }

    /// True where the server had something to say.
    bool exchange(const Frame& frame, int64_t now_ms) {
        Frame answer;
        if (!frame.send(server_.socket()) || !answer.receive(server_.socket()))
            throw std::runtime_error("the server's process ended by itself");
        const bool told = !answer.at_end();
        while (!answer.at_end()) {
            ToDevice message;
            message.device = answer.text();
            message.leaf = answer.text();
            message.payload = answer.text();
            devices_.hear(message, now_ms);
            ++told_;
        }
        return told;
    }

    SimulatedFleet& devices_;
    ServerProcess& server_;
    uint64_t told_ = 0;  ///< to devices, in this step
    uint32_t kills_ = 0;
    int64_t killed_ms_ = 0;
};

/// Every device against what the store says of it. Returns how many have the release, and how many
/// are named with a reason.
std::pair<uint64_t, uint64_t> account(const Place& place, const SimulatedFleet& devices,
                                      uint32_t sequence) {
    ReleaseStore releases(place.directory / "releases");
    RolloutEngine engine(place.directory / "rollouts.db", releases, [](const AuditEntry&) {});
    const RolloutView view = engine.rollouts().front();
    if (view.row.state != RolloutState::done)
        throw std::runtime_error("the rollout is " + std::string(to_string(view.row.state)) + ": " +
                                 view.row.why);
    uint64_t have = 0;
    uint64_t named = 0;
    std::string after;
    for (;;) {
        const auto page = engine.targets(view.row.id, {}, {}, after, 1000);
        for (const NamedTarget& one : page) {
            const auto number = static_cast<uint32_t>(std::stoul(one.device.substr(4)));
            const bool has = devices.confirmed(number) == sequence;
            const TargetState state = one.target.state;
            if (has != (state == TargetState::done))
                throw std::runtime_error(one.device + " is in another version than the store says");
            const bool reason = !one.target.reason.empty() || state == TargetState::offline;
            if (!has && !reason) throw std::runtime_error(one.device + " has no reason");
            (has ? have : named) += 1;
        }
        if (page.size() < 1000) break;
        after = page.back().device;
    }
    if (have + named != devices.size())
        throw std::runtime_error("some devices are not in the rollout at all");
    return {have, named};
}

}  // namespace

std::vector<Row> fleet_rows(uint32_t count, const Progress& on_progress) {
    const TemporaryDirectory directory;
    Place place{directory.path(), {}};
    Release release;
    {
        ReleaseLab lab(place.directory / "releases");
        release = lab.add(5);
        place.spec.release = release.id;
        place.spec.application = "wake_word";
        place.spec.stages = {{0.01, 6 * 3600}, {0.1, 2 * 3600}, {0.5, 2 * 3600}, {1, 0}};
        place.spec.concurrency = count;
        place.spec.look_s = 3600;
        place.spec.deadline_s = 30 * 3600;
    }
    SimulatedFleet devices({.devices = count,
                            .offline = 0.05,
                            .never_back = 0.1,
                            .back_after_ms = 24 * kHour,
                            .report_every_ms = 24 * kHour},
                           release, {.failing = 0.01});
    const auto memory = shared_memory();  // outlives the server's process
    Shared& shared = *memory;
    ServerProcess server(place, shared);
    World world(devices, server);
    const auto begin = std::chrono::steady_clock::now();
    on_progress("fleet of " + std::to_string(count), 0);
    // Everybody is known from before, also those who are away now.
    std::vector<SimulatedFleet::Said> all;
    for (uint32_t i = 0; i < count; ++i)
        if (!devices.online(i)) all.push_back({i, false, false, ""});
    world.tell(devices.retained(), 0, false);
    world.tell(all, 0, false);
    server.kill();  // also a kill: nothing was told to it that is not in its store
    {
        ReleaseStore releases(place.directory / "releases");
        RolloutEngine engine(place.directory / "rollouts.db", releases, [](const AuditEntry&) {});
        for (uint32_t first = 0; first < count; first += kBatch) {
            std::map<std::string, Attributes> sites;
            for (uint32_t i = first; i < std::min<uint32_t>(first + kBatch, count); ++i)
                sites.emplace(devices.id(i), site_of(i));
            engine.set_attributes(sites);
        }
        engine.create(place.spec, "bench", 0);
    }
    server.start();
    constexpr int64_t end = 31 * kHour;
    for (int64_t now = 0; now <= end; now += kStep) {
        world.step(now);
        on_progress("fleet of " + std::to_string(count),
                    static_cast<double>(now) / static_cast<double>(end));
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const double cpu = server.cpu_seconds();
    server.kill();
    const auto [have, named] = account(place, devices, release.sequence);
    const uint32_t asked = std::min<uint32_t>(shared.latencies, kMostLatencies);
    std::vector<float> latencies(shared.latency_ms, shared.latency_ms + asked);
    std::ranges::sort(latencies);
    const auto quantile = [&](double q) {
        return latencies.empty()
                   ? 0.0
                   : double{latencies[static_cast<size_t>(q * static_cast<double>(asked - 1))]};
    };
    const std::string name = "fleet of " + std::to_string(count) + ": ";
    std::vector<Row> rows;
    const auto add = [&](const std::string& what, double value, const char* unit,
                         std::optional<double> goal = {}) {
        rows.push_back({.bench = "updates",
                        .name = name + what,
                        .value = value,
                        .unit = unit,
                        .peer = {},
                        .peer_value = {},
                        .goal = goal});
    };
    add("devices that have the release", static_cast<double>(have), "devices");
    add("devices named with a reason", static_cast<double>(named), "devices");
    add("devices lost", static_cast<double>(devices.size() - have - named), "devices", 0);
    add("server killed in the midst of a wave", world.kills(), "times");
    add("messages to the server", static_cast<double>(shared.messages.load()), "messages");
    add("server's processor time", cpu, "s");
    add("server's processor time per message",
        1e6 * cpu / static_cast<double>(shared.messages.load()), "us");
    add("server's memory, peak", static_cast<double>(shared.peak_kb.load()) / 1024, "MB");
    add("whole simulation", seconds, "s");
    add("planning and status queries, median", quantile(0.5), "ms");
    add("planning and status queries, 95th percentile", quantile(0.95), "ms", 200);
    return rows;
}

}  // namespace ganglion::bench
