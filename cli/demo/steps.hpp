#pragma once

#include <chrono>
#include <string>

namespace ganglion::cli {

/// The demo's progress on the terminal: one numbered line a step, with the time it took, and lines
/// for what devices say in between.
class Steps {
  public:
    explicit Steps(int total) : total_(total) {}
    Steps(const Steps&) = delete;
    Steps& operator=(const Steps&) = delete;
    /// Ends the line of a step that failed.
    ~Steps();

    /// Begins a step; the line is finished by done().
    void begin(const std::string& what);
    void done(const std::string& result);
    /// A line of its own below the current step.
    void note(const std::string& line);

  private:
    int total_;
    int current_ = 0;
    bool line_open_ = false;
    std::chrono::steady_clock::time_point begun_;
};

}  // namespace ganglion::cli
