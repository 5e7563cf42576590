#include "bench/fleet/bench_fleet.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/fleet/event_load.hpp"
#include "bench/fleet/load.hpp"
#include "fleet/base/port.hpp"
#include "fleet/broker/broker.hpp"
#include "fleet/insight/common_cause.hpp"
#include "fleet/insight/peers.hpp"
#include "fleet/insight/similar.hpp"
#include "fleet/server/server.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/planted_fleet.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::bench {
namespace {

using fleet::testing::compare;
using fleet::testing::Found;

constexpr uint32_t kSenders = 8;
constexpr uint32_t kMessageEvents = 20;
constexpr auto kLimit = std::chrono::minutes(5);

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

/// What sending took: wall time, and processor time of each part.
struct Sent {
    double seconds = 0, devices = 0, broker = 0, server = 0;
};

double seconds_on(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Sends so many events of every device, until `done` holds. The devices are this thread, the
/// server is the rest of the process.
Sent send_until(EventLoad& load, uint32_t events, uint32_t per_message, EventLoad::Answers answers,
                pid_t broker, const std::function<bool()>& done) {
    Sent sent;
    const double process = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
    const double thread = seconds_on(CLOCK_THREAD_CPUTIME_ID);
    const double other = processor_seconds(broker);
    sent.seconds = seconds_of([&] {
        load.send(events, per_message, answers);
        const auto end = std::chrono::steady_clock::now() + kLimit;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end)
                throw std::runtime_error("events were lost on their way");
            load.run();
        }
    });
    sent.devices = seconds_on(CLOCK_THREAD_CPUTIME_ID) - thread;
    sent.server = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - process - sent.devices;
    sent.broker = processor_seconds(broker) - other;
    return sent;
}

Sent store_events(const std::filesystem::path& work, uint32_t events, uint32_t per_message) {
    std::filesystem::remove_all(work);
    fleet::Server server(silent_server(work / "state"));
    server.start();
    EventLoad load(server.pki(), server.mqtt_port(), kSenders);
    return send_until(load, events / kSenders, per_message, EventLoad::Answers::store,
                      server.broker_pid(), [&] { return load.all_acknowledged(); });
}

Sent broker_alone(const std::filesystem::path& work, uint32_t messages) {
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
    EventLoad load(pki, broker.port(), kSenders);
    return send_until(load, messages / kSenders, 1, EventLoad::Answers::nobody, broker.pid(),
                      [&] { return received >= messages; });
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

std::vector<Row> end_to_end_rows(const std::filesystem::path& work, uint32_t messages) {
    messages -= messages % kSenders;
    const uint32_t events = messages * kMessageEvents;
    const Sent broker = broker_alone(work, messages);
    const Sent single = store_events(work, messages, 1);
    const Sent batched = store_events(work, events, kMessageEvents);
    std::filesystem::remove_all(work);
    const std::string many =
        "device to store, " + std::to_string(kMessageEvents) + " events a message";
    // Rates: the goals are some that must be reached, so their inverses are compared.
    std::vector<Row> rows{row("broker alone, QoS 1, one event a message", messages / broker.seconds,
                              "events/s", std::nullopt),
                          row("device to store, one event a message", messages / single.seconds,
                              "events/s", std::nullopt),
                          row(many, events / batched.seconds, "events/s", std::nullopt),
                          row("time an event, " + many, 1e6 * batched.seconds / events, "µs", 10),
                          {.bench = kBench,
                           .name = "time a message, device to store, against the broker alone",
                           .value = 1e6 * single.seconds / messages,
                           .unit = "µs",
                           .peer = "mosquitto QoS 1, same run",
                           .peer_value = 1e6 * broker.seconds / messages,
                           .goal = 2}};
    for (const auto& [part, seconds] : {std::pair{"devices", batched.devices},
                                        {"broker", batched.broker},
                                        {"server", batched.server}})
        rows.push_back(row(many + ": processor time, " + part, 1e6 * seconds / events, "µs/event",
                           std::nullopt));
    return rows;
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
