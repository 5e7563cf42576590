#include "cli/progress.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

namespace ganglion::cli {

void ProgressLine::show(const std::string& phase, double fraction, double seconds_left,
                        const std::string& note) {
    constexpr int width = 30;
    if (isatty(STDERR_FILENO) == 0) {
        if (phase != phase_) fmt::print(stderr, "{}\n", phase);
        phase_ = phase;
        return;
    }
    const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width);
    if (phase != phase_) finish();
    phase_ = phase;
    fmt::print(stderr, "\r\033[K{:<12} [{:#<{}}{:.<{}}] {:3.0f} %, {:.0f} s left{}{}", phase, "",
               filled, "", width - filled, fraction * 100, seconds_left, note.empty() ? "" : ", ",
               note);
}

void ProgressLine::finish() {
    if (!phase_.empty() && isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\n");
    phase_.clear();
}

}  // namespace ganglion::cli
