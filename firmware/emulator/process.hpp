#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace ganglion::firmware {

/// A child process that does not outlive this one. Any thread may ask whether it runs.
class Process {
  public:
    /// `keep`: a descriptor that the child inherits under the same number. Output goes to `log`.
    /// Throws std::runtime_error where the program cannot be started.
    Process(const std::vector<std::string>& command, int keep, const std::filesystem::path& log);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() { kill(); }

    bool running();
    /// Sends a signal, e.g. SIGSTOP.
    void signal(int number);
    void kill();
    /// False where it still runs after `time_out`.
    bool wait(std::chrono::milliseconds time_out);

  private:
    std::mutex mutex_;
    pid_t pid_ = -1;
};

}  // namespace ganglion::firmware
