#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace ganglion::tests {

/// A program that runs beside the test, its output in a file; ended with SIGTERM, then SIGKILL, at
/// the end of the scope.
class BackgroundProgram {
  public:
    BackgroundProgram(const std::vector<std::string>& words, std::filesystem::path output);
    ~BackgroundProgram();
    BackgroundProgram(const BackgroundProgram&) = delete;
    BackgroundProgram& operator=(const BackgroundProgram&) = delete;

    bool running();
    /// SIGTERM, then waits; the exit code, or 128 + signal.
    int terminate();
    std::string output() const;
    pid_t pid() const { return pid_; }

  private:
    void wait(bool block);

    pid_t pid_ = -1;
    int exit_code_ = -1;
    std::filesystem::path output_;
};

}  // namespace ganglion::tests
