#include "cli/demo/steps.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

namespace ganglion::cli {

Steps::~Steps() {
    if (line_open_) fmt::print("\n");
    std::fflush(stdout);
}

void Steps::begin(const std::string& what) {
    ++current_;
    begun_ = std::chrono::steady_clock::now();
    fmt::print("[{}/{}] {:<20} ", current_, total_, what);
    line_open_ = true;
    std::fflush(stdout);
}

void Steps::done(const std::string& result) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    fmt::print("{}  ({:.1f} s)\n", result, seconds);
    line_open_ = false;
    std::fflush(stdout);
}

void Steps::note(const std::string& line) {
    fmt::print("{}      {}\n", line_open_ ? "\n" : "", line);
    line_open_ = false;
    std::fflush(stdout);
}

}  // namespace ganglion::cli
