#pragma once

#include <string>

#include "project/project.hpp"

namespace ganglion::cli {

/// Average power of the computation on a Nordic nRF52840 (Cortex-M4F, 64 MHz), from its product
/// specification v1.1, 5.2.1: 3 V, DC/DC, CPU running from flash 3.3 mA (I_CPU0), asleep with all
/// RAM kept and the RTC running 3.16 µA (I_ON_RAMON_RTC). An instruction is counted as 1.5 cycles.
struct Chip {
    static constexpr double hz = 64e6;
    static constexpr double cycles_per_instruction = 1.5;
    static constexpr double volts = 3.0;
    static constexpr double active_a = 3.3e-3;
    static constexpr double asleep_a = 3.16e-6;

    /// Share of the time in which the processor runs.
    static constexpr double duty(double instructions_per_second) {
        return instructions_per_second * cycles_per_instruction / hz;
    }
    static constexpr double watts(double duty) {
        return volts * (duty * active_a + (1 - duty) * asleep_a);
    }
};

/// Bytes of the sensor's samples in a day.
double bytes_sensed_a_day(const project::Project& project);

/// Bytes that kEventsADay events, each a message of its own (docs/protocol.md), and the sound that
/// they let out take in a day; without MQTT, TLS and reports.
inline constexpr double kEventsADay = 24;
double bytes_sent_a_day(const project::Project& project);

/// docs/applications.md's table: one row an application, of what was recorded
/// (cli/figures.hpp).
std::string applications_table();

}  // namespace ganglion::cli
