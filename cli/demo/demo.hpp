#pragma once

#include "cli/demo/options.hpp"

namespace ganglion::cli {

/// The main job from end to end: a broker and a fleet server, two emulated microcontrollers that
/// sense and decide, and a table of what came of it. Throws std::runtime_error with one line where
/// a step fails.
void run_demo(const DemoOptions& options);

}  // namespace ganglion::cli
