#pragma once

#include <atomic>

namespace ganglion::cli {

/// Turns true at the first Ctrl-C or SIGTERM once catch_interrupts() was called; the second ends
/// the program as usual.
const std::atomic<bool>& interrupted();
void catch_interrupts();
/// Waits until interrupted().
void wait_for_interrupt();

}  // namespace ganglion::cli
