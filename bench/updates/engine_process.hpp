#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "fleet/rollout/engine.hpp"

// The rollout engine with its store in a process of its own, which may be killed at any time.

namespace ganglion::bench {

constexpr size_t kMostLatencies = 1 << 20;

/// What the server's process leaves behind, whenever it is killed.
struct Shared {
    std::atomic<uint64_t> messages;
    std::atomic<uint64_t> cpu_us;  ///< of the process that runs now
    std::atomic<uint64_t> peak_kb;
    std::atomic<uint32_t> latencies;
    float latency_ms[kMostLatencies];
};

struct Unmap {
    void operator()(Shared* memory) const;
};
std::unique_ptr<Shared, Unmap> shared_memory();

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
    /// False where the other side is gone.
    bool send(int socket) const;
    bool receive(int socket);

  private:
    std::string bytes_;
    size_t at_ = 0;
};

/// What a frame's entries begin with, before the time.
enum Kind : int64_t { kStatus, kUpdate, kTick, kAnew };

/// What people have written down of a device: one of ten sites.
inline fleet::Attributes site_of(uint32_t device) {
    return {{"site", std::string(1, static_cast<char>('a' + device % 10))}};
}

/// Where the engine's files are, and the rollout that it is asked to plan.
struct Place {
    std::filesystem::path directory;
    fleet::RolloutSpec spec;
};

class ServerProcess {
  public:
    ServerProcess(const Place& place, Shared& shared) : place_(place), shared_(shared) { start(); }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess() { kill(); }

    /// SIGKILL, in the midst of whatever it does; nothing where none runs.
    void kill();
    void start();
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

}  // namespace ganglion::bench
