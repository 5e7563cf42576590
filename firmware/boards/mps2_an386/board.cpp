#include "firmware/boards/mps2_an386/board.hpp"

#include "firmware/layout.hpp"

namespace ganglion::firmware::board {
namespace {

volatile uint32_t& reg(uint32_t address) {
    return *reinterpret_cast<volatile uint32_t*>(address);
}

constexpr uint32_t kTimer0 = 0x40000000;
constexpr uint32_t kTimer1 = 0x40001000;
constexpr uint32_t kConsole = 0x40004000;  // UART 0
constexpr uint32_t kRecords = 0x40006000;  // UART 2
// FPGA I/O block
constexpr uint32_t kLeds = 0x40028000, kControl = 0x4002804c, kBacklight = 1U << 6;

// CMSDK timer
constexpr uint32_t kTimerControl = 0x0, kTimerValue = 0x4, kTimerReload = 0x8, kTimerClear = 0xc;
constexpr uint32_t kTimerEnable = 1, kTimerInterrupt = 8;
constexpr uint32_t kTimer1Line = 9;

// CMSDK UART
constexpr uint32_t kUartData = 0x0, kUartState = 0x4, kUartControl = 0x8, kUartDivider = 0x10;
constexpr uint32_t kUartFull = 1, kUartSend = 1;

// System control space of the processor
constexpr uint32_t kSysTickControl = 0xe000e010, kSysTickReload = 0xe000e014,
                   kSysTickValue = 0xe000e018;
constexpr uint32_t kInterruptEnable = 0xe000e100, kInterruptPriority = 0xe000e400;
constexpr uint32_t kInterruptControl = 0xe000ed04, kSystemPriority3 = 0xe000ed20;
constexpr uint32_t kApplicationReset = 0xe000ed0c, kResetRequest = 0x05fa0004;
constexpr uint32_t kPendSvSet = 1U << 28;

void start_uart(uint32_t uart) {
    reg(uart + kUartDivider) = 16;
    reg(uart + kUartControl) = kUartSend;
}

void put(uint32_t uart, uint8_t byte) {
    while (reg(uart + kUartState) & kUartFull) {
    }
    reg(uart + kUartData) = byte;
}

uint32_t tick_high = 0;
uint32_t tick_last = 0;

}  // namespace

void start() {
    reg(kLeds) = 0;
    reg(kControl) = 0;
    start_uart(kConsole);
    start_uart(kRecords);

    reg(kTimer0 + kTimerReload) = UINT32_MAX;
    reg(kTimer0 + kTimerValue) = UINT32_MAX;
    reg(kTimer0 + kTimerControl) = kTimerEnable;

    reg(kSystemPriority3) =
        static_cast<uint32_t>(kReflexPriority) << 16 | static_cast<uint32_t>(kClockPriority) << 24;
    reg(kSysTickReload) = kTicksPerSecond / 1000 - 1;
    reg(kSysTickValue) = 0;
    reg(kSysTickControl) = 7;  // processor clock, interrupt, on
}

uint64_t ticks() {
    // The timer counts down and wraps every 171 s; the 1 kHz interrupt looks often enough to notice
    // each wrap.
    uint32_t masked;
    asm volatile("mrs %0, primask \n cpsid i" : "=r"(masked)::"memory");
    const uint32_t low = ~reg(kTimer0 + kTimerValue);
    if (low < tick_last) ++tick_high;
    tick_last = low;
    const uint64_t now = static_cast<uint64_t>(tick_high) << 32 | low;
    asm volatile("msr primask, %0" ::"r"(masked) : "memory");
    return now;
}

uint64_t milliseconds() {
    return ticks() / (kTicksPerSecond / 1000);
}

void set_line(Line line, bool level) {
    static uint32_t leds = 0;
    if (line == Line::light) {
        reg(kControl) = level ? kBacklight : 0;
        return;
    }
    const uint32_t led = line == Line::stop ? 1U : 2U;
    leds = level ? leds | led : leds & ~led;
    reg(kLeds) = leds;
}

void start_sampling(uint32_t period) {
    *reinterpret_cast<volatile uint8_t*>(kInterruptPriority + kTimer1Line) = kSamplingPriority;
    reg(kTimer1 + kTimerReload) = period - 1;
    reg(kTimer1 + kTimerValue) = period - 1;
    reg(kTimer1 + kTimerClear) = 1;
    reg(kInterruptEnable) = 1U << kTimer1Line;
    reg(kTimer1 + kTimerControl) = kTimerEnable | kTimerInterrupt;
}

void clear_sampling_interrupt() {
    reg(kTimer1 + kTimerClear) = 1;
}

void pend_reflex() {
    reg(kInterruptControl) = kPendSvSet;
}

void reset() {
    asm volatile("dsb" ::: "memory");
    reg(kApplicationReset) = kResetRequest;
    while (true) sleep();
}

void print(std::string_view text) {
    for (char c : text) put(kConsole, static_cast<uint8_t>(c));
}

void print(uint64_t number) {
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) put(kConsole, static_cast<uint8_t>(digits[--count]));
}

void send_record(std::span<const uint8_t> bytes) {
    for (uint8_t byte : bytes) put(kRecords, byte);
}

std::span<uint8_t> image() {
    return {reinterpret_cast<uint8_t*>(kImageAddress), kImageBytes};
}

}  // namespace ganglion::firmware::board

extern "C" void systick_handler();
extern "C" void systick_handler() {
    ganglion::firmware::board::ticks();
}
