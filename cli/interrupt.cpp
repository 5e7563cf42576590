#include "cli/interrupt.hpp"

#include <chrono>
#include <csignal>
#include <thread>

namespace ganglion::cli {
namespace {

std::atomic<bool> seen = false;
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

void on_signal(int signal) {
    seen = true;
    std::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& interrupted() {
    return seen;
}

void catch_interrupts() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

void wait_for_interrupt() {
    while (!seen) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace ganglion::cli
