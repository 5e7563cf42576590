#pragma once

#include <string>

namespace ganglion::cli {

/// One moving line on a terminal: "fit [#####.....] 52 %, 40 s left, loss 0.12". Elsewhere a line
/// each time the phase changes.
class ProgressLine {
  public:
    void show(const std::string& phase, double fraction, double seconds_left,
              const std::string& note);
    /// Leaves the line; what is printed next begins on a new one.
    void finish();

  private:
    std::string phase_;
};

}  // namespace ganglion::cli
