#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "fleet/base/log.hpp"
#include "fleet/broker/broker_config.hpp"

namespace ganglion::fleet {

/// A mosquitto of our own, as a child process: started with a configuration made for this fleet,
/// started again whenever it dies, and gone when this process is, however it ends.
class Broker {
  public:
    /// Writes mosquitto.conf and the access list into `directory` and starts the broker on
    /// 127.0.0.1:`port`. Returns when it accepts connections. Throws std::runtime_error with one
    /// line when mosquitto is not installed, the port is taken, or mosquitto does not start.
    Broker(const std::filesystem::path& directory, const BrokerSetup& setup, uint16_t port,
           Log log);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    uint16_t port() const { return port_; }
    /// The running child; -1 while it is being started again.
    pid_t pid() const;
    /// Makes the broker read the revocation list anew; connections stay. Returns when it has. False
    /// where it does not answer in time; one that starts reads the list anyway.
    bool reload();
    /// Ends all connections: who may not come in is out, the others come back by themselves.
    void restart();

  private:
    enum class State { starting, running, restarting, failed };

    void supervise();
    void run_once();
    bool wait_until_ready(pid_t child);
    void become_running();
    void wait_for_end(pid_t child);
    std::string log_text() const;

    std::filesystem::path program_;
    std::filesystem::path configuration_;
    std::filesystem::path log_file_;
    uint16_t port_;
    Log log_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::starting;
    pid_t pid_ = -1;
    bool stopping_ = false;
    std::thread supervisor_;
};

}  // namespace ganglion::fleet
