#include "bench/fleet/load.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

namespace ganglion::bench {
namespace {

constexpr uint32_t kMessageEvents = 20;
constexpr uint32_t kDevicesAtOnce = 1000;
constexpr uint32_t kSites = 50;
constexpr uint32_t kSited = 10'000;  ///< devices that are of a site
constexpr uint32_t kTries = 40;

std::string name_of(uint32_t device) {
    return "device-" + std::to_string(device);
}

}  // namespace

void fill(fleet::Store& store, uint32_t devices, uint32_t rounds, int64_t begin_ms) {
    // Each is a transaction of its own.
    for (uint32_t device = 0; device < std::min(devices, kSited); ++device)
        store.set_attributes(name_of(device),
                             {{"site", "site-" + std::to_string(device % kSites)}});
    for (uint32_t round = 0; round < rounds; ++round) {
        for (uint32_t first = 0; first < devices; first += kDevicesAtOnce) {
            const uint32_t count = std::min(kDevicesAtOnce, devices - first);
            auto messages =
                batch(first, count, 1 + round * kMessageEvents, kMessageEvents, begin_ms);
            for (uint32_t device = first; round == 0 && device < first + count; ++device) {
                fleet::StatusRecord status;
                status.online = true;
                status.application = "guard";
                status.bundle_version = device % 3 == 0 ? "1.0.0" : "1.1.0";
                messages.push_back({name_of(device), begin_ms, status});
            }
            store.commit(messages);
        }
    }
}

double seconds_of(const std::function<void()>& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double processor_seconds(int64_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/schedstat");
    double nanoseconds = 0;
    file >> nanoseconds;
    return 1e-9 * nanoseconds;
}

std::vector<fleet::Message> batch(uint32_t first_device, uint32_t devices, uint32_t first_sequence,
                                  uint32_t count, int64_t begin_ms) {
    std::vector<fleet::Message> messages;
    for (uint32_t device = first_device; device < first_device + devices; ++device) {
        fleet::EventsMessage content;
        content.boot = 1;
        content.clock_ms = uint64_t{first_sequence} * 1000;
        for (uint32_t i = 0; i < count; ++i) {
            fleet::EventRecord event;
            event.boot = 1;
            event.sequence = first_sequence + i;
            event.clock_ms = content.clock_ms;
            event.label = "anomaly";
            event.score_permille = 900;
            content.events.push_back(event);
        }
        messages.push_back({"device-" + std::to_string(device),
                            begin_ms + int64_t{first_sequence} * 1000, std::move(content)});
    }
    return messages;
}

Row row(const std::string& name, double value, const std::string& unit,
        std::optional<double> goal) {
    return {.bench = kBench,
            .name = name,
            .value = value,
            .unit = unit,
            .peer = {},
            .peer_value = {},
            .goal = goal};
}

std::vector<Row> page_rows(fleet::Store& store, const std::string& name, uint32_t devices,
                           uint32_t events) {
    const uint32_t rounds = std::max(1U, events / std::max(1U, devices * kMessageEvents));
    fill(store, devices, rounds);
    const int64_t end = kBegin + int64_t{rounds} * kMessageEvents * 1000 + 1;
    const auto some = [&](uint32_t i) { return name_of(i * 7919 % devices); };
    const std::vector<std::pair<std::string, std::function<void(uint32_t)>>> queries = {
        {"newest events", [&](uint32_t) { store.events({}); }},
        {"newest events of a device",
         [&](uint32_t i) {
             store.events({some(i), {}, {}, 100});
         }},
        {"a site by the hour",
         [&](uint32_t i) {
             store.rollups({"site:site-" + std::to_string(i % kSites), fleet::Span::hour, 0, end});
         }},
        {"the fleet by the minute",
         [&](uint32_t) {
             store.rollups({"fleet", fleet::Span::minute, 0, end});
         }},
        {"a device by the hour",
         [&](uint32_t i) {
             store.rollups({"device:" + some(i), fleet::Span::hour, 0, end});
         }},
        {"a device by the minute",
         [&](uint32_t i) {
             store.rollups({"device:" + some(i), fleet::Span::minute, 0, end});
         }},
        {"a page of devices",
         [&](uint32_t i) {
             fleet::DeviceQuery query;
             query.after = some(i);
             query.limit = 100;
             store.devices(query);
         }},
        {"devices by a part of their name",
         [&](uint32_t i) {
             fleet::DeviceQuery query;
             query.search = some(i).substr(2);
             query.limit = 100;
             store.devices(query);
         }},
        {"one device", [&](uint32_t i) { store.device(some(i)); }},
        {"versions", [&](uint32_t) { store.versions(); }},
        {"sites and lines", [&](uint32_t) { store.places(); }},
        {"summary", [&](uint32_t) { store.summary(); }}};
    std::vector<Row> rows;
    for (const auto& named : queries) {
        std::vector<double> times;
        for (uint32_t i = 0; i < kTries; ++i) times.push_back(seconds_of([&] { named.second(i); }));
        std::ranges::sort(times);
        rows.push_back(row(name + " query, " + named.first + ", " + std::to_string(devices) +
                               " devices, " + std::to_string(rounds * devices * kMessageEvents) +
                               " events, 95th",
                           1000 * times[times.size() * 95 / 100], "ms", 100));
    }
    return rows;
}

}  // namespace ganglion::bench
