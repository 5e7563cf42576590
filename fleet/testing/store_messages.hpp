#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "fleet/store/records.hpp"

/// Messages for tests of stores, and what they answer.
namespace ganglion::fleet::testing {

inline constexpr int64_t kNoon = 1'700'000'000'000;

inline EventRecord event(uint32_t boot, uint32_t sequence, uint64_t clock_ms = 1000) {
    EventRecord record;
    record.boot = boot;
    record.sequence = sequence;
    record.clock_ms = clock_ms;
    record.label = "alexa";
    record.score_permille = 900;
    record.sample = uint64_t{sequence} * 320;
    return record;
}

inline Message events_at(int64_t received_ms, uint64_t clock_ms, uint32_t boot,
                         std::vector<EventRecord> events, const std::string& device = "speaker") {
    return {device, received_ms, EventsMessage{clock_ms, boot, std::move(events)}};
}

inline Message events(std::vector<EventRecord> records, const std::string& device = "speaker") {
    const uint32_t boot = records.front().boot;
    return events_at(kNoon, 1000, boot, std::move(records), device);
}

inline Message report(uint32_t boot, uint64_t clock_ms, uint64_t sensed,
                      const std::string& device = "speaker") {
    ReportRecord record;
    record.boot = boot;
    record.clock_ms = clock_ms;
    record.bytes_sensed = sensed;
    record.bytes_sent = sensed / 100;
    record.bytes_gate = sensed / 1000;
    record.gate_openings = 1;
    record.inferences = sensed / 10;
    record.instructions = 4000;
    record.outbox = 3;
    record.overruns = 1;
    record.score_permille = 512;
    record.events_lost = 2;
    return {device, kNoon, record};
}

MATCHER_P3(Through, device, boot, sequence, "") {
    return arg.device == device && arg.boot == static_cast<uint32_t>(boot) &&
           arg.sequence == static_cast<uint32_t>(sequence);
}
MATCHER_P3(GapOf, boot, first, last, "") {
    return arg.boot == static_cast<uint32_t>(boot) && arg.first == static_cast<uint32_t>(first) &&
           arg.last == static_cast<uint32_t>(last);
}

}  // namespace ganglion::fleet::testing
