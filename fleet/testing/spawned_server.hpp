#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ganglion::fleet::testing {

/// A program of the tests that says "ready PORT" when it serves, as a child that ends with its
/// owner.
class SpawnedServer {
  public:
    SpawnedServer(std::string program, std::vector<std::string> arguments);
    ~SpawnedServer();
    SpawnedServer(const SpawnedServer&) = delete;
    SpawnedServer& operator=(const SpawnedServer&) = delete;

    pid_t pid() const { return pid_; }
    /// The port of its API, once it serves: waits for that as long as it runs, or not at all.
    std::optional<uint16_t> wait_for_port();
    std::optional<uint16_t> port_now();
    /// Sends the signal and waits for the end; the exit status as waitpid tells it.
    int end(int signal);
    /// The same of one that ends by itself.
    int wait();

  private:
    pid_t pid_ = -1;
    int output_ = -1;
    std::string said_;
};

}  // namespace ganglion::fleet::testing
