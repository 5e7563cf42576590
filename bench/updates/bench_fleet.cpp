#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>

#include "bench/updates/bench_rollouts.hpp"
#include "fleet/testing/simulated_fleet.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::bench {
namespace {

using namespace fleet;
using namespace fleet::testing;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kStep = kHour / 12;
constexpr size_t kMostLatencies = 1 << 20;
constexpr size_t kBatch = 10'000;

/// What the server's process leaves behind, whenever it is killed.
struct Shared {
    std::atomic<uint64_t> messages;
    std::atomic<uint64_t> cpu_us;  ///< of the process that runs now
    std::atomic<uint64_t> peak_kb;
    std::atomic<uint32_t> latencies;
    float latency_ms[kMostLatencies];
};

struct Unmap {
    void operator()(Shared* memory) const { ::munmap(memory, sizeof(Shared)); }
};

std::unique_ptr<Shared, Unmap> shared_memory() {
    void* memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
    return std::unique_ptr<Shared, Unmap>(new (memory) Shared());
}

bool send_all(int socket, const void* data, size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t sent = ::send(socket, at, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        at += sent;
        size -= static_cast<size_t>(sent);
    }
    return true;
}

bool receive_all(int socket, void* data, size_t size) {
    char* at = static_cast<char*>(data);
    while (size > 0) {
        const ssize_t got = ::recv(socket, at, size, 0);
        if (got <= 0) return false;
        at += got;
        size -= static_cast<size_t>(got);
    }
    return true;
}

/// Messages between the devices and the server: length, then fields with lengths of their own.
class Frame {
  public:
    void add(std::string_view text) {
        const auto size = static_cast<uint32_t>(text.size());
        bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
        bytes_.append(text);
    }
    void add(int64_t number) {
        bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
    std::string_view text() {
        uint32_t size = 0;
        std::memcpy(&size, bytes_.data() + at_, sizeof size);
        at_ += sizeof size + size;
        return std::string_view(bytes_).substr(at_ - size, size);
    }
    int64_t number() {
        int64_t value = 0;
        std::memcpy(&value, bytes_.data() + at_, sizeof value);
        at_ += sizeof value;
        return value;
    }
    bool at_end() const { return at_ == bytes_.size(); }
    bool send(int socket) const {
        const uint64_t size = bytes_.size();
        return send_all(socket, &size, sizeof size) && send_all(socket, bytes_.data(), size);
    }
    bool receive(int socket) {
        uint64_t size = 0;
        at_ = 0;
        if (!receive_all(socket, &size, sizeof size)) return false;
        bytes_.resize(size);
        return receive_all(socket, bytes_.data(), size);
    }

  private:
    std::string bytes_;
    size_t at_ = 0;
};

enum Kind : int64_t { kStatus, kUpdate, kTick, kAnew };

struct Place {
    std::filesystem::path directory;
    RolloutSpec spec;
};

void measure_queries(RolloutEngine& engine, const RolloutSpec& spec, Shared& shared,
                     const std::atomic<bool>& stop) {
    const auto timed = [&](const auto& query) {
        const auto begin = std::chrono::steady_clock::now();
        query();
        const std::chrono::duration<float, std::milli> passed =
            std::chrono::steady_clock::now() - begin;
        const uint32_t at = shared.latencies++;
        if (at < kMostLatencies) shared.latency_ms[at] = passed.count();
    };
    while (!stop) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        const auto rollouts = engine.rollouts();
        if (rollouts.empty()) continue;
        const int64_t id = rollouts.front().row.id;
        timed([&] { engine.rollout(id, 100); });
        timed([&] { engine.targets(id, TargetState::failed, {}, "", 100); });
        timed([&] { engine.targets(id, {}, {}, "", 100); });
        timed([&] { engine.plan(spec); });
    }
}

/// The server's process: engine and store, until the socket ends or it is killed.
[[noreturn]] void serve(int socket, const Place& place, Shared& shared) {
    ReleaseStore releases(place.directory / "releases");
    RolloutEngine engine(place.directory / "rollouts.db", releases, [](const AuditEntry&) {});
    std::atomic<bool> stop = false;
    std::thread asker([&] { measure_queries(engine, place.spec, shared, stop); });
    Frame request;
    while (request.receive(socket)) {
        const auto answers = engine.run([&](RolloutEngine::Batch& batch) {
            while (!request.at_end()) {
                const int64_t kind = request.number();
                const int64_t now = request.number();
                if (kind == kTick) batch.tick(now);
                if (kind == kAnew) batch.all_offline();
                if (kind == kStatus) {
                    const std::string id(request.text());
                    batch.status(id, request.number() != 0, "wake_word", now);
                } else if (kind == kUpdate) {
                    const std::string id(request.text());
                    batch.update(id, request.text(), now);
                }
                shared.messages += kind == kStatus || kind == kUpdate;
            }
        });
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        shared.cpu_us =
            static_cast<uint64_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 +
            static_cast<uint64_t>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
        shared.peak_kb = std::max<uint64_t>(shared.peak_kb, static_cast<uint64_t>(usage.ru_maxrss));
        Frame answer;
        for (const ToDevice& message : answers) {
            answer.add(message.device);
            answer.add(message.leaf);
            answer.add(message.payload);
        }
        if (!answer.send(socket)) break;
    }
    stop = true;
    asker.join();
    ::_exit(0);
}

class ServerProcess {
  public:
    ServerProcess(const Place& place, Shared& shared) : place_(place), shared_(shared) { start(); }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess() { kill(); }

    /// SIGKILL, in the midst of whatever it does; nothing where none runs.
    void kill() {
        if (pid_ < 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::close(socket_);
        pid_ = -1;
        cpu_before_us_ += shared_.cpu_us.exchange(0);
    }
    void start() {
        int sockets[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
            throw std::runtime_error("no socket");
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("no process for the server");
        if (pid_ == 0) {
            ::close(sockets[0]);
            serve(sockets[1], place_, shared_);
        }
        ::close(sockets[1]);
        socket_ = sockets[0];
    }
    int socket() const { return socket_; }
    double cpu_seconds() const {
        return static_cast<double>(cpu_before_us_ + shared_.cpu_us) / 1e6;
    }

  private:
    const Place& place_;
    Shared& shared_;
    pid_t pid_ = -1;
    int socket_ = -1;
    uint64_t cpu_before_us_ = 0;
};

/// The devices' side of one step; with `die`, the server is killed with a batch half told.
class World {
  public:
    World(SimulatedFleet& devices, ServerProcess& server) : devices_(devices), server_(server) {}

    void step(int64_t now_ms, bool die) {
        const auto said = devices_.advance(now_ms);
        tell(said, now_ms, die);
        if (!die) return;
        server_.kill();
        server_.start();
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

  private:
    void exchange(const Frame& frame, int64_t now_ms) {
        Frame answer;
        if (!frame.send(server_.socket()) || !answer.receive(server_.socket()))
            throw std::runtime_error("the server's process ended by itself");
        while (!answer.at_end()) {
            ToDevice message;
            message.device = answer.text();
            message.leaf = answer.text();
            message.payload = answer.text();
            devices_.hear(message, now_ms);
        }
    }

    SimulatedFleet& devices_;
    ServerProcess& server_;
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
        place.spec.deadline_s = 60 * 3600;
    }
    SimulatedFleet devices({.devices = count,
                            .offline = 0.05,
                            .never_back = 0.1,
                            .back_after_ms = 40 * kHour,
                            .report_every_ms = 12 * kHour},
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
        engine.create(place.spec, "bench", 0);
    }
    server.start();
    uint64_t steps = 0;
    constexpr int64_t end = 61 * kHour;
    for (int64_t now = 0; now <= end; now += kStep) {
        const bool die = now == 7 * kHour || now == 14 * kHour;
        world.step(now, die);
        on_progress("fleet of " + std::to_string(count),
                    static_cast<double>(now) / static_cast<double>(end));
        ++steps;
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
