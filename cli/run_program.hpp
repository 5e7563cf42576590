#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace ganglion::cli {

/// Parses the command line and runs: the exit code, 0 done, 1 failed, 2 not understood. What went
/// wrong is on standard error.
int run_program(
    CLI::App& program, int argc, char** argv, const std::function<void()>& run = [] {});

}  // namespace ganglion::cli
