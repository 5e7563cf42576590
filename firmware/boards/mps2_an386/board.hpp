#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "firmware/layout.hpp"

/// The agent's view of the board: Arm MPS2+ with image AN386 (Cortex-M4F at 25 MHz; Application
/// Note AN386, CMSDK).
namespace ganglion::firmware::board {

/// Interrupt priorities, most urgent first. Thread mode comes last. See docs/firmware.md.
inline constexpr uint8_t kSamplingPriority = 0x40;
inline constexpr uint8_t kClockPriority = 0x80;
inline constexpr uint8_t kReflexPriority = 0xc0;

inline constexpr uint32_t kTicksPerSecond = 25'000'000;

/// Lowers all lines, then starts serial lines, clock and a 1 kHz interrupt that wakes sleep().
void start();

/// Time since start(), in 40 ns. From any priority.
uint64_t ticks();
uint64_t milliseconds();

/// Lines of the FPGA's I/O block, all low at start(): stop is LED 0, relay LED 1, light the
/// display's backlight. From one priority alone.
void set_line(Line line, bool level);

/// Calls timer1_handler() every `period` ticks from now on.
void start_sampling(uint32_t period);
/// To be called by timer1_handler().
void clear_sampling_interrupt();

/// Asks for pendsv_handler() as soon as nothing more urgent runs.
void pend_reflex();

/// Sleeps until the next interrupt.
inline void sleep() {
    asm volatile("wfi" ::: "memory");
}

/// Starts the board anew, as its reset pin would. RAM is lost, the flash stays.
[[noreturn]] void reset();

/// Text for people, on the first serial line.
void print(std::string_view text);
void print(uint64_t number);
/// Bytes on the third serial line, for the record of edges.
void send_record(std::span<const uint8_t> bytes);

/// Keeps pendsv_handler() out while it lives; sampling goes on.
class ReflexLock {
  public:
    ReflexLock() {
        asm volatile("mrs %0, basepri" : "=r"(before_));
        asm volatile("msr basepri_max, %0" ::"r"(static_cast<uint32_t>(kReflexPriority))
                     : "memory");
    }
    ReflexLock(const ReflexLock&) = delete;
    ReflexLock& operator=(const ReflexLock&) = delete;
    ~ReflexLock() { asm volatile("msr basepri, %0" ::"r"(before_) : "memory"); }

  private:
    uint32_t before_ = 0;
};

/// The emulated flash and the sample port (firmware/layout.hpp).
std::span<uint8_t> image();

}  // namespace ganglion::firmware::board
