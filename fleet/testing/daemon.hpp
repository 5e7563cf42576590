#pragma once

#include <sys/types.h>

#include <filesystem>
#include <utility>

namespace ganglion::fleet::testing {

/// A server of somebody else's as a child: `program -c configuration` in a folder, where its output
/// goes to "log"; killed with its owner.
class Daemon {
  public:
    Daemon() = default;
    ~Daemon() { kill(); }
    Daemon(Daemon&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Daemon& operator=(Daemon&& other) noexcept;
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Returns when its output has `ready`. Throws std::runtime_error where it never does.
    Daemon(const char* program, const std::filesystem::path& folder, const char* configuration,
           const char* ready);
    pid_t pid() const { return pid_; }
    /// SIGKILL.
    void kill();

  private:
    pid_t pid_ = -1;
};

}  // namespace ganglion::fleet::testing
