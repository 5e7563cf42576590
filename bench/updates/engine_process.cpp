#include "bench/updates/engine_process.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace ganglion::bench {
namespace {

using namespace fleet;

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
    RolloutSpec of_a_site = spec;
    of_a_site.attributes = site_of(0);
    RolloutSpec of_a_pattern = spec;
    of_a_pattern.devices = "dev-*7";
    while (!stop) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        const auto rollouts = engine.rollouts();
        if (rollouts.empty()) continue;
        const int64_t id = rollouts.front().row.id;
        timed([&] { engine.rollout(id, 100); });
        timed([&] { engine.targets(id, TargetState::failed, {}, "", 100); });
        timed([&] { engine.targets(id, {}, {}, "", 100); });
        timed([&] { engine.targets(id, TargetState::offline, 0, "", 100); });
        timed([&] { engine.plan(spec); });
        timed([&] { engine.plan(of_a_site); });
        timed([&] { engine.plan(of_a_pattern); });
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

}  // namespace

void Unmap::operator()(Shared* memory) const {
    ::munmap(memory, sizeof(Shared));
}

std::unique_ptr<Shared, Unmap> shared_memory() {
    void* memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
    return std::unique_ptr<Shared, Unmap>(new (memory) Shared());
}

bool Frame::send(int socket) const {
    const uint64_t size = bytes_.size();
    return send_all(socket, &size, sizeof size) && send_all(socket, bytes_.data(), size);
}

bool Frame::receive(int socket) {
    uint64_t size = 0;
    at_ = 0;
    if (!receive_all(socket, &size, sizeof size)) return false;
    bytes_.resize(size);
    return receive_all(socket, bytes_.data(), size);
}

void ServerProcess::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(socket_);
    pid_ = -1;
    cpu_before_us_ += shared_.cpu_us.exchange(0);
}

void ServerProcess::start() {
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

}  // namespace ganglion::bench
