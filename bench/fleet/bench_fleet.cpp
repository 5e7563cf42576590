#include "bench/fleet/bench_fleet.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "bench/fleet/load.hpp"
#include "fleet/base/port.hpp"
#include "fleet/broker/broker.hpp"
#include "fleet/insight/common_cause.hpp"
#include "fleet/insight/peers.hpp"
#include "fleet/insight/similar.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/device_client.hpp"
#include "fleet/testing/planted_fleet.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::bench {
namespace {

using fleet::testing::compare;
using fleet::testing::Found;

constexpr uint32_t kSenders = 8;
constexpr int kRounds = 5;
constexpr auto kRoundLimit = std::chrono::seconds(20);

std::filesystem::path fresh_database(const std::filesystem::path& work) {
    std::filesystem::remove_all(work);
    std::filesystem::create_directories(work);
    return work / "fleet.db";
}

fleet::ServerConfig silent_server(const std::filesystem::path& state) {
    fleet::ServerConfig config;
    config.state_dir = state;
    config.log = [](std::string_view) {};
    return config;
}

/// Devices that are connected to this port, each with so many events to send.
std::vector<std::unique_ptr<fleet::testing::DeviceClient>> loaded_devices(fleet::Pki& pki,
                                                                          uint16_t port,
                                                                          uint32_t events) {
    std::vector<std::unique_ptr<fleet::testing::DeviceClient>> devices;
    for (uint32_t device = 0; device < kSenders; ++device) {
        devices.push_back(std::make_unique<fleet::testing::DeviceClient>(
            pki, "device-" + std::to_string(device), port));
        if (!devices.back()->wait_until_connected())
            throw std::runtime_error("a device does not connect");
        for (uint32_t i = 0; i < events; ++i) devices.back()->add_event();
    }
    return devices;
}

/// Seconds until `done` holds, after every device has sent what it has, `per_message` at a time.
double seconds_until(const std::vector<std::unique_ptr<fleet::testing::DeviceClient>>& devices,
                     size_t per_message, const std::function<bool()>& done) {
    return seconds_of([&] {
        for (int round = 0; round < kRounds; ++round) {
            std::vector<std::thread> senders;
            senders.reserve(devices.size());
            for (const auto& device : devices)
                senders.emplace_back([&] { device->send_outbox(per_message); });
            for (std::thread& sender : senders) sender.join();
            if (fleet::testing::eventually(done, kRoundLimit)) return;
        }
        throw std::runtime_error("events were lost on their way");
    });
}

double stored_rate(const std::filesystem::path& work, uint32_t events, size_t per_message) {
    std::filesystem::remove_all(work);
    fleet::Server server(silent_server(work / "state"));
    server.start();
    const auto devices = loaded_devices(server.pki(), server.mqtt_port(), events / kSenders);
    const double seconds = seconds_until(devices, per_message, [&] {
        return std::ranges::all_of(devices, [](const auto& one) { return one->waiting() == 0; });
    });
    return events / seconds;
}

double broker_rate(const std::filesystem::path& work, uint32_t messages) {
    std::filesystem::remove_all(work);
    std::filesystem::create_directories(work);
    fleet::Pki pki = fleet::Pki::create(work / "pki");
    fleet::Broker broker(work / "broker", fleet::broker_setup(pki), fleet::pick_free_port(),
                         [](std::string_view) {});
    fleet::MqttConfig config;
    config.port = broker.port();
    config.id = fleet::Pki::server_id;
    config.ca_file = pki.ca_file();
    config.certificate_file = pki.certificate_file("server");
    config.key_file = pki.key_file("server");
    std::atomic<uint32_t> received{0};
    fleet::MqttClient subscriber(
        config, {[&] { subscriber.subscribe("ganglion/1/+/event"); }, [](const std::string&) {},
                 [&](std::string_view, std::span<const uint8_t>, bool) { ++received; }});
    if (!fleet::testing::eventually([&] { return subscriber.is_connected(); }))
        throw std::runtime_error("the subscriber does not connect");
    const auto devices = loaded_devices(pki, broker.port(), messages / kSenders);
    const double seconds = seconds_until(devices, 1, [&] { return received >= messages; });
    return messages / seconds;
}

void add_shares(std::vector<Row>& rows, const std::string& what, const Found& found) {
    rows.push_back(
        row("insight, " + what + ": named wrongly", 1 - found.precision(), "share", 0.05));
    rows.push_back(row("insight, " + what + ": missed", 1 - found.recall(), "share", 0.05));
}

}  // namespace

std::vector<Row> store_rows(const std::filesystem::path& work) {
    constexpr uint32_t devices = 1000;
    std::vector<Row> rows;
    for (const auto& [per_message, rounds, goal] :
         {std::tuple<uint32_t, uint32_t, std::optional<double>>{20, 20, 10.0},
          {1, 100, std::nullopt}}) {
        fleet::SqliteStore store(fresh_database(work));
        double seconds = 0;
        for (uint32_t round = 0; round < rounds; ++round) {
            const auto messages = batch(0, devices, 1 + round * per_message, per_message);
            seconds += seconds_of([&] { store.commit(messages); });
        }
        rows.push_back(row("SQLite store, " + std::to_string(per_message) + " events a message",
                           1e6 * seconds / (devices * rounds * per_message), "µs/event", goal));
    }
    std::filesystem::remove_all(work);
    return rows;
}

std::vector<Row> query_rows(const std::filesystem::path& work, uint32_t devices, uint32_t events) {
    std::filesystem::remove_all(work);
    std::filesystem::create_directories(work / "state");
    std::vector<Row> rows;
    {
        fleet::SqliteStore store(work / "state" / "fleet.db");
        rows = page_rows(store, "SQLite", devices, events);
    }
    fleet::Server server(silent_server(work / "state"));
    rows.push_back(row("from start to serving, " + std::to_string(events) + " events stored",
                       seconds_of([&] { server.start(); }), "s", 5));
    server.stop();
    std::filesystem::remove_all(work);
    return rows;
}

std::vector<Row> registry_rows(const std::filesystem::path& work, uint32_t devices) {
    constexpr uint32_t at_once = 10'000;
    fleet::SqliteStore store(fresh_database(work));
    std::vector<Row> rows;
    const auto name = [](uint32_t device) { return "device-" + std::to_string(device); };
    const double seconds = seconds_of([&] {
        for (uint32_t begin = 0; begin < devices; begin += at_once) {
            std::vector<fleet::Message> messages;
            for (uint32_t i = begin; i < std::min(devices, begin + at_once); ++i) {
                fleet::StatusRecord status;
                status.online = true;
                status.application = "guard";
                messages.push_back({name(i), kBegin, status});
            }
            store.commit(messages);
        }
    });
    const std::string many = std::to_string(devices) + " devices";
    rows.push_back(row("registering " + many, 1e6 * seconds / devices, "µs/device", std::nullopt));
    std::vector<double> times;
    for (uint32_t i = 0; i < 40; ++i)
        times.push_back(seconds_of([&] { store.device(name(i * 7919 % devices)); }));
    std::ranges::sort(times);
    rows.push_back(
        row("query, one of " + many + ", 95th", 1000 * times[times.size() * 95 / 100], "ms", 100));
    std::filesystem::remove_all(work);
    return rows;
}

std::vector<Row> end_to_end_rows(const std::filesystem::path& work, uint32_t events) {
    events -= events % kSenders;
    const double broker = broker_rate(work, events);
    const double single = stored_rate(work, events, 1);
    const double batched = stored_rate(work, events, 16);
    std::filesystem::remove_all(work);
    // A rate: the goal is a share of the broker's that must be reached, so its inverse is compared.
    return {row("broker alone, QoS 1, one event a message", broker, "events/s", std::nullopt),
            row("device to store, one event a message", single, "events/s", std::nullopt),
            row("device to store, 16 events a message", batched, "events/s", std::nullopt),
            {.bench = kBench,
             .name = "time a message, device to store, against the broker alone",
             .value = 1e6 / single,
             .unit = "µs",
             .peer = "mosquitto QoS 1, same run",
             .peer_value = 1e6 / broker,
             .goal = 2}};
}

std::vector<Row> insight_rows() {
    using namespace fleet::insight;
    Found devices, sites, causes, beginning;
    for (uint64_t seed = 100; seed < 120; ++seed) {
        const auto drifts = fleet::testing::drift_fleet({}, seed);
        const PeerFindings peers = compare_peers(drifts.histories);
        std::set<std::string> unlike, eventful, named, alike;
        for (const DeviceUnlike& device : peers.devices) unlike.insert(device.device);
        for (const SiteEvent& site : peers.sites) eventful.insert(site.site);
        devices += compare(unlike, drifts.drifting);
        sites += compare(eventful, drifts.eventful);
        const auto caused = fleet::testing::cause_fleet({}, 2, seed);
        for (const CommonCause& cause : find_common_causes(caused.members, caused.anomalies))
            named.insert(cause.attribute + "=" + cause.value);
        causes += compare(named, caused.causes);
        const auto failures = fleet::testing::failure_fleet({}, seed);
        std::vector<Candidate> candidates;
        for (const PeerHistory& peer : failures.histories)
            candidates.push_back({peer.device, peer.history});
        for (const SimilarHistory& similar : similar_histories(failures.pattern, candidates))
            alike.insert(similar.device);
        beginning += compare(alike, failures.beginning);
    }
    std::vector<Row> rows;
    add_shares(rows, "drifting devices (4 deviations)", devices);
    add_shares(rows, "site events (4 deviations)", sites);
    add_shares(rows, "common causes (70 % affected)", causes);
    add_shares(rows, "failures that begin (6 deviations)", beginning);
    return rows;
}

}  // namespace ganglion::bench
