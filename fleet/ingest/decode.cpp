#include "fleet/ingest/decode.hpp"

#include <algorithm>
#include <initializer_list>

#include "device/event/messages.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint64_t kNumberLimit = uint64_t{1} << 53;

bool fit(std::initializer_list<uint64_t> numbers) {
    return std::ranges::all_of(numbers, [](uint64_t number) { return number < kNumberLimit; });
}

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

/// UTF-8 without NUL, which not every store can hold.
bool is_text(std::string_view text) {
    return text.find('\0') == std::string_view::npos && is_utf8(text);
}

bool is_text(const std::optional<std::string_view>& text) {
    return !text || is_text(*text);
}

EventRecord record_of(const Event& event) {
    return {event.boot,
            event.sequence,
            event.clock_ms,
            static_cast<uint8_t>(event.kind),
            std::string(event.label.view()),
            event.score_permille,
            event.sample,
            event.stop_samples,
            event.stop_instructions};
}

Content decode_events(std::span<const uint8_t> payload) {
    EventBatch batch;
    if (!decode_event_batch(payload, batch) || !fit({batch.clock_ms})) return RejectedMessage{};
    EventsMessage message{batch.clock_ms, batch.boot, {}, batch.from_oldest};
    message.events.reserve(batch.count);
    for (const Event& event : std::span(batch.events).first(batch.count)) {
        if (event.sequence == 0 || !fit({event.clock_ms, event.sample}) ||
            !is_text(event.label.view())) {
            return RejectedMessage{};
        }
        message.events.push_back(record_of(event));
    }
    return message;
}

Content decode_status_content(std::span<const uint8_t> payload, bool retained) {
    StatusMessage status;
    if (!decode_status(payload, status) || !is_text(status.application) ||
        !is_text(status.bundle_version) || !is_text(status.firmware_version) ||
        !is_text(status.fault)) {
        return RejectedMessage{};
    }
    return StatusRecord{status.online,
                        retained,
                        owned(status.application),
                        owned(status.bundle_version),
                        status.bundle_digest,
                        status.boot,
                        status.ram_bytes,
                        status.flash_bytes,
                        status.instructions,
                        owned(status.firmware_version),
                        status.rate_hz,
                        owned(status.fault)};
}

Content decode_report_content(std::span<const uint8_t> payload) {
    ReportMessage report;
    if (!decode_report(payload, report) ||
        !fit({report.clock_ms, report.bytes_sensed, report.bytes_sent, report.bytes_gate,
              report.inferences, report.overruns})) {
        return RejectedMessage{};
    }
    return ReportRecord{report.boot,         report.clock_ms,       report.bytes_sensed,
                        report.bytes_sent,   report.bytes_gate,     report.gate_openings,
                        report.inferences,   report.instructions,   report.outbox,
                        report.overruns,     report.score_permille, report.events_lost,
                        report.scores.counts};
}

Content decode_gate(std::span<const uint8_t> payload) {
    GateChunk chunk;
    if (!decode_gate_chunk(payload, chunk) || !fit({chunk.first_sample})) return RejectedMessage{};
    return GateRecord{
        chunk.boot, chunk.opening, chunk.first_sample,
        std::string(reinterpret_cast<const char*>(chunk.samples.data()), chunk.samples.size()),
        chunk.last};
}

/// Length of the UTF-8 sequence at the front of `text`, 0 where there is none.
size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                          : (first & 0xf0) == 0xe0         ? 3
                          : first >= 0xf0 && first <= 0xf4 ? 4
                                                           : 0;
    if (length == 0 || text.size() < length) return 0;
    // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
    const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return 0;
    for (size_t index = 2; index < length; ++index) {
        if ((byte(index) & 0xc0) != 0x80) return 0;
    }
    return length;
}

}  // namespace

std::optional<Topic> parse_topic(std::string_view topic) {
    constexpr std::string_view prefix = "ganglion/1/";
    if (!topic.starts_with(prefix)) return std::nullopt;
    topic.remove_prefix(prefix.size());
    const size_t slash = topic.find('/');
    if (slash == std::string_view::npos || !is_valid_device_id(topic.substr(0, slash)))
        return std::nullopt;
    return Topic{std::string(topic.substr(0, slash)), std::string(topic.substr(slash + 1))};
}

std::optional<Content> decode_content(std::string_view channel, std::span<const uint8_t> payload,
                                      bool retained) {
    if (channel == "event") return decode_events(payload);
    if (channel == "status") return decode_status_content(payload, retained);
    if (channel == "report") return decode_report_content(payload);
    if (channel == "gate") return decode_gate(payload);
    return std::nullopt;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const size_t length = utf8_sequence(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace ganglion::fleet
