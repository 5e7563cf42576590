#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/event/messages.hpp"
#include "firmware/emulator/board.hpp"
#include "firmware/emulator/process.hpp"

struct mosquitto;
struct mosquitto_message;

/// What the tests of the firmware put around a board: certificates by the openssl program, a real
/// broker, and a server that stores and acknowledges as docs/protocol.md says.
namespace ganglion::firmware::lab {

/// Waits until `condition` holds; false after `time_out`.
bool eventually(std::chrono::milliseconds time_out, const std::function<bool()>& condition);

/// A folder that goes with the object.
class Folder {
  public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// An authority with certificates for the broker ("localhost"), the server and devices, in
/// `folder`.
class Authority {
  public:
    explicit Authority(std::filesystem::path folder);
    /// Makes NAME.key and NAME.pem.
    void issue(const std::string& name, const std::string& subject_alternative = "");
    std::string text(const std::string& file) const;
    std::filesystem::path file(const std::string& name) const { return folder_ / name; }

  private:
    void openssl(const std::string& arguments) const;
    std::filesystem::path folder_;
};

/// mosquitto on a free port of 127.0.0.1, TLS with client certificates.
class Broker {
  public:
    explicit Broker(const Authority& authority, const std::string& certificate = "broker");
    void start();
    void stop() { process_.reset(); }
    /// Alive, but silent: what a broken path to it looks like.
    void pause() { process_->signal(SIGSTOP); }
    void resume() { process_->signal(SIGCONT); }
    uint16_t port() const { return port_; }

  private:
    std::filesystem::path configuration_;
    uint16_t port_;
    std::unique_ptr<Process> process_;
};

/// Subscribes to all that one device says, or all devices ("+"), stores events once, acknowledges
/// after that.
class Server {
  public:
    Server(const Authority& authority, uint16_t port, const std::string& device = "+");
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    using Name = std::pair<uint32_t, uint32_t>;  // boot, sequence
    struct Opening {
        uint64_t first_sample = 0;
        std::map<uint64_t, std::vector<uint8_t>> chunks;  // by first sample
        bool complete = false;
        size_t bytes() const;
        std::vector<int16_t> samples() const;
    };
    struct State {
        std::map<Name, Event> events;
        size_t duplicates = 0;
        size_t batches = 0;
        size_t malformed = 0;
        std::map<uint32_t, Opening> openings;
        std::optional<ReportMessage> report;
        std::map<std::string, std::vector<std::vector<uint8_t>>> others;  ///< payloads by leaf
        std::vector<bool> online;                                         // each status in turn
        std::string application, version, firmware, fault;
        uint32_t ram_bytes = 0, flash_bytes = 0, instructions = 0, rate_hz = 0;
    };
    State state() const;
    /// Off: stores, but says nothing.
    void set_acknowledging(bool on);
    /// Any payload to one of a device's topics, e.g. "ack".
    void send(const std::string& device, const std::string& leaf, std::vector<uint8_t> payload);

  private:
    static void on_message(mosquitto*, void* self, const mosquitto_message* message);
    void take(const std::string& device, const std::string& leaf, std::span<const uint8_t> payload);
    void acknowledge(const std::string& device, uint32_t boot);

    std::string topics_;
    mosquitto* client_ = nullptr;
    mutable std::mutex mutex_;
    State state_;
    bool acknowledging_ = true;
};

}  // namespace ganglion::firmware::lab
