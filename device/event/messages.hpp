#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "device/event/cbor.hpp"
#include "device/event/event.hpp"
#include "device/event/score_sketch.hpp"

/// The messages of docs/protocol.md, both directions. Every `encode` returns the bytes written, 0
/// where `out` is too small or the message breaks its CDDL. Every `decode_*` takes one whole
/// payload and returns false on anything that does not follow the CDDL, trailing bytes included;
/// unknown keys are ignored. Views point into the payload.
namespace ganglion {

/// Longest encoding of a batch of so many events.
constexpr size_t batch_bytes(size_t events) {
    return 1 + 10 + 3 + events * kMaxEventBytes + 6 + 2;
}

/// The most that one message carries. A device sends as many as it has RAM for.
inline constexpr size_t kMaxBatchEvents = 64;
inline constexpr size_t kMaxBatchBytes = batch_bytes(kMaxBatchEvents);

/// What a batch says beside its events.
struct BatchHead {
    uint64_t clock_ms = 0;  ///< device clock when sent, ms since boot
    uint32_t boot = 0;      ///< boot that sends the batch; the events may be of earlier ones
    /// The device has nothing of the first event's boot that is older: what the store lacks before
    /// it will never come.
    bool from_oldest = false;
};

struct EventBatch : BatchHead {
    std::array<Event, kMaxBatchEvents> events{};
    size_t count = 0;
};

struct Ack {
    uint32_t boot = 0;
    uint32_t through = 0;  ///< everything of that boot is stored up to and with this sequence
    friend bool operator==(const Ack&, const Ack&) = default;
};

struct StatusMessage {
    bool online = false;
    std::optional<std::string_view> application;
    std::optional<std::string_view> bundle_version;
    std::optional<std::array<uint8_t, 8>> bundle_digest;  ///< first bytes of the bundle's SHA-256
    std::optional<uint32_t> boot;
    std::optional<uint32_t> ram_bytes;     ///< of the pipeline
    std::optional<uint32_t> flash_bytes;   ///< of the bundle
    std::optional<uint32_t> instructions;  ///< of the last inference with its features
    std::optional<std::string_view> firmware_version;
    std::optional<uint32_t> rate_hz;
    /// Why the device does not decide ("bundle: bad signature"); absent where it does.
    std::optional<std::string_view> fault;
};

struct ReportMessage {
    uint32_t boot = 0;
    uint64_t clock_ms = 0;
    uint64_t bytes_sensed = 0;
    uint64_t bytes_sent = 0;  ///< Ethernet frames out
    uint64_t bytes_gate = 0;
    uint32_t gate_openings = 0;
    uint64_t inferences = 0;
    uint32_t instructions = 0;  ///< of the last inference with its features
    uint32_t outbox = 0;
    uint64_t overruns = 0;  ///< samples lost
    uint16_t score_permille = 0;
    uint32_t events_lost = 0;     ///< decided while the outbox was full
    ScoreSketch scores;           ///< of every inference since the last report
    uint16_t drift_permille = 0;  ///< ScoreDrift::permille()
    friend bool operator==(const ReportMessage&, const ReportMessage&) = default;
};

/// The device shall forget what it has learned.
struct ForgetMessage {
    uint32_t boot = 0;  ///< the one that is meant; said to another, it is not obeyed
    friend bool operator==(const ForgetMessage&, const ForgetMessage&) = default;
};

/// A received gate chunk; `samples` is int16 little-endian, an even number of bytes, not aligned.
struct GateChunk {
    uint32_t boot = 0;
    uint32_t opening = 0;
    uint64_t first_sample = 0;
    std::span<const uint8_t> samples;
    bool last = false;
};

size_t encode(const BatchHead& head, std::span<const Event> events, std::span<uint8_t> out);
size_t encode(const EventBatch& batch, std::span<uint8_t> out);
size_t encode(const Ack& ack, std::span<uint8_t> out);
size_t encode(const StatusMessage& status, std::span<uint8_t> out);
size_t encode(const ReportMessage& report, std::span<uint8_t> out);
size_t encode(const ForgetMessage& forget, std::span<uint8_t> out);

bool decode_event_batch(std::span<const uint8_t> payload, EventBatch& batch);
bool decode_ack(std::span<const uint8_t> payload, Ack& ack);
bool decode_status(std::span<const uint8_t> payload, StatusMessage& status);
bool decode_report(std::span<const uint8_t> payload, ReportMessage& report);
bool decode_forget(std::span<const uint8_t> payload, ForgetMessage& forget);
bool decode_gate_chunk(std::span<const uint8_t> payload, GateChunk& chunk);

}  // namespace ganglion
