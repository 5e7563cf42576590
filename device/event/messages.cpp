#include "device/event/messages.hpp"

#include "device/event/map_reader.hpp"

namespace ganglion {
namespace {

enum BatchKey : uint32_t { kBatchClock, kBatchEvents, kBatchBoot, kBatchFromOldest };
enum AckKey : uint32_t { kAckBoot, kAckThrough };
enum StatusKey : uint32_t {
    kOnline,
    kApplication,
    kBundleVersion,
    kBundleDigest,
    kStatusBoot,
    kRamBytes,
    kFlashBytes,
    kStatusInstructions,
    kFirmwareVersion,
    kRateHz,
    kFault,
};
enum ReportKey : uint32_t {
    kReportBoot,
    kReportClock,
    kBytesSensed,
    kBytesSent,
    kBytesGate,
    kGateOpenings,
    kInferences,
    kReportInstructions,
    kOutbox,
    kOverruns,
    kScore,
    kEventsLost,
    kScores,
    kDrift,
};
enum ForgetKey : uint32_t { kForgetBoot };
enum ChunkKey : uint32_t { kChunkBoot, kChunkOpening, kChunkFirst, kChunkSamples, kChunkLast };

constexpr uint32_t keys_through(uint32_t last) {
    return (1U << (last + 1)) - 1;
}

size_t finished(const CborWriter& out) {
    return out.ok() ? out.size() : 0;
}

bool read_text(CborReader& in, std::optional<std::string_view>& to) {
    std::string_view text;
    if (!in.text(text) || !is_utf8(text)) return false;
    to = text;
    return true;
}

bool read_permille(CborReader& in, uint16_t& to) {
    uint32_t number = 0;
    if (!in.uint(number) || number > 1000) return false;
    to = static_cast<uint16_t>(number);
    return true;
}

bool read_scores(CborReader& in, ScoreSketch& scores) {
    size_t count = 0;
    if (!in.array(count) || count != ScoreSketch::kBins) return false;
    for (uint16_t& bin : scores.counts) {
        uint32_t number = 0;
        if (!in.uint(number) || number > UINT16_MAX) return false;
        bin = static_cast<uint16_t>(number);
    }
    return true;
}

bool read_uint(CborReader& in, std::optional<uint32_t>& to) {
    uint32_t number = 0;
    if (!in.uint(number)) return false;
    to = number;
    return true;
}

bool read_events(CborReader& in, EventBatch& batch) {
    size_t count = 0;
    if (!in.array(count) || count == 0 || count > kMaxBatchEvents) return false;
    for (size_t i = 0; i < count; ++i)
        if (!decode(in, batch.events[i])) return false;
    batch.count = count;
    return true;
}

}  // namespace

size_t encode(const BatchHead& head, std::span<const Event> events, std::span<uint8_t> buffer) {
    if (events.empty() || events.size() > kMaxBatchEvents) return 0;
    CborWriter out(buffer);
    out.map(head.from_oldest ? 4 : 3);
    out.uint(kBatchClock), out.uint(head.clock_ms);
    out.uint(kBatchEvents), out.array(events.size());
    for (const Event& event : events) encode(event, out);
    out.uint(kBatchBoot), out.uint(head.boot);
    if (head.from_oldest) out.uint(kBatchFromOldest), out.boolean(true);
    return finished(out);
}

size_t encode(const EventBatch& batch, std::span<uint8_t> buffer) {
    if (batch.count > kMaxBatchEvents) return 0;
    return encode(batch, std::span(batch.events).first(batch.count), buffer);
}

bool decode_event_batch(std::span<const uint8_t> payload, EventBatch& batch) {
    batch = {};
    CborReader in(payload);
    return read_map(in, keys_through(kBatchBoot),
                    [&](uint64_t key) {
                        switch (key) {
                            case kBatchClock:
                                return in.uint(batch.clock_ms);
                            case kBatchEvents:
                                return read_events(in, batch);
                            case kBatchBoot:
                                return in.uint(batch.boot);
                            case kBatchFromOldest:
                                return in.boolean(batch.from_oldest);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end();
}

size_t encode(const Ack& ack, std::span<uint8_t> buffer) {
    CborWriter out(buffer);
    out.map(2);
    out.uint(kAckBoot), out.uint(ack.boot);
    out.uint(kAckThrough), out.uint(ack.through);
    return finished(out);
}

bool decode_ack(std::span<const uint8_t> payload, Ack& ack) {
    ack = {};
    CborReader in(payload);
    return read_map(in, keys_through(kAckThrough),
                    [&](uint64_t key) {
                        switch (key) {
                            case kAckBoot:
                                return in.uint(ack.boot);
                            case kAckThrough:
                                return in.uint(ack.through);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end();
}

size_t encode(const StatusMessage& status, std::span<uint8_t> buffer) {
    CborWriter out(buffer);
    size_t pairs = 1;
    for (bool present : {status.application.has_value(), status.bundle_version.has_value(),
                         status.bundle_digest.has_value(), status.boot.has_value(),
                         status.ram_bytes.has_value(), status.flash_bytes.has_value(),
                         status.instructions.has_value(), status.firmware_version.has_value(),
                         status.rate_hz.has_value(), status.fault.has_value()})
        pairs += present;
    const auto text = [&](uint32_t key, const std::optional<std::string_view>& value) {
        if (value) out.uint(key), out.text(*value);
    };
    const auto number = [&](uint32_t key, const std::optional<uint32_t>& value) {
        if (value) out.uint(key), out.uint(*value);
    };
    out.map(pairs);
    out.uint(kOnline), out.boolean(status.online);
    text(kApplication, status.application);
    text(kBundleVersion, status.bundle_version);
    if (status.bundle_digest) out.uint(kBundleDigest), out.bytes(*status.bundle_digest);
    number(kStatusBoot, status.boot);
    number(kRamBytes, status.ram_bytes);
    number(kFlashBytes, status.flash_bytes);
    number(kStatusInstructions, status.instructions);
    text(kFirmwareVersion, status.firmware_version);
    number(kRateHz, status.rate_hz);
    text(kFault, status.fault);
    return finished(out);
}

bool decode_status(std::span<const uint8_t> payload, StatusMessage& status) {
    status = {};
    CborReader in(payload);
    std::span<const uint8_t> bytes;
    return read_map(in, keys_through(kOnline),
                    [&](uint64_t key) {
                        switch (key) {
                            case kOnline:
                                return in.boolean(status.online);
                            case kApplication:
                                return read_text(in, status.application);
                            case kBundleVersion:
                                return read_text(in, status.bundle_version);
                            case kBundleDigest:
                                if (!in.bytes(bytes) || bytes.size() != 8) return false;
                                std::memcpy(status.bundle_digest.emplace().data(), bytes.data(), 8);
                                return true;
                            case kStatusBoot:
                                return read_uint(in, status.boot);
                            case kRamBytes:
                                return read_uint(in, status.ram_bytes);
                            case kFlashBytes:
                                return read_uint(in, status.flash_bytes);
                            case kStatusInstructions:
                                return read_uint(in, status.instructions);
                            case kFirmwareVersion:
                                return read_text(in, status.firmware_version);
                            case kRateHz:
                                return read_uint(in, status.rate_hz);
                            case kFault:
                                return read_text(in, status.fault);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end();
}

size_t encode(const ReportMessage& report, std::span<uint8_t> buffer) {
    if (report.score_permille > 1000 || report.drift_permille > 1000) return 0;
    CborWriter out(buffer);
    out.map(kDrift + 1);
    out.uint(kReportBoot), out.uint(report.boot);
    out.uint(kReportClock), out.uint(report.clock_ms);
    out.uint(kBytesSensed), out.uint(report.bytes_sensed);
    out.uint(kBytesSent), out.uint(report.bytes_sent);
    out.uint(kBytesGate), out.uint(report.bytes_gate);
    out.uint(kGateOpenings), out.uint(report.gate_openings);
    out.uint(kInferences), out.uint(report.inferences);
    out.uint(kReportInstructions), out.uint(report.instructions);
    out.uint(kOutbox), out.uint(report.outbox);
    out.uint(kOverruns), out.uint(report.overruns);
    out.uint(kScore), out.uint(report.score_permille);
    out.uint(kEventsLost), out.uint(report.events_lost);
    out.uint(kScores), out.array(ScoreSketch::kBins);
    for (const uint16_t count : report.scores.counts) out.uint(count);
    out.uint(kDrift), out.uint(report.drift_permille);
    return finished(out);
}

bool decode_report(std::span<const uint8_t> payload, ReportMessage& report) {
    report = {};
    CborReader in(payload);
    return read_map(in, keys_through(kScore),
                    [&](uint64_t key) {
                        switch (key) {
                            case kReportBoot:
                                return in.uint(report.boot);
                            case kReportClock:
                                return in.uint(report.clock_ms);
                            case kBytesSensed:
                                return in.uint(report.bytes_sensed);
                            case kBytesSent:
                                return in.uint(report.bytes_sent);
                            case kBytesGate:
                                return in.uint(report.bytes_gate);
                            case kGateOpenings:
                                return in.uint(report.gate_openings);
                            case kInferences:
                                return in.uint(report.inferences);
                            case kReportInstructions:
                                return in.uint(report.instructions);
                            case kOutbox:
                                return in.uint(report.outbox);
                            case kOverruns:
                                return in.uint(report.overruns);
                            case kScore:
                                return read_permille(in, report.score_permille);
                            case kEventsLost:
                                return in.uint(report.events_lost);
                            case kScores:
                                return read_scores(in, report.scores);
                            case kDrift:
                                return read_permille(in, report.drift_permille);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end();
}

size_t encode(const ForgetMessage& forget, std::span<uint8_t> buffer) {
    CborWriter out(buffer);
    out.map(1);
    out.uint(kForgetBoot), out.uint(forget.boot);
    return finished(out);
}

bool decode_forget(std::span<const uint8_t> payload, ForgetMessage& forget) {
    forget = {};
    CborReader in(payload);
    return read_map(in, keys_through(kForgetBoot),
                    [&](uint64_t key) {
                        return key == kForgetBoot ? in.uint(forget.boot) : in.skip();
                    }) &&
           in.at_end();
}

bool decode_gate_chunk(std::span<const uint8_t> payload, GateChunk& chunk) {
    chunk = {};
    CborReader in(payload);
    return read_map(in, keys_through(kChunkLast),
                    [&](uint64_t key) {
                        switch (key) {
                            case kChunkBoot:
                                return in.uint(chunk.boot);
                            case kChunkOpening:
                                return in.uint(chunk.opening);
                            case kChunkFirst:
                                return in.uint(chunk.first_sample);
                            case kChunkSamples:
                                return in.bytes(chunk.samples) && chunk.samples.size() % 2 == 0;
                            case kChunkLast:
                                return in.boolean(chunk.last);
                            default:
                                return in.skip();
                        }
                    }) &&
           in.at_end();
}

}  // namespace ganglion
