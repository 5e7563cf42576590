#include "fleet/store/writer.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ganglion::fleet {
namespace {

/// How much a device clock may lag per millisecond (1/1000) before a late message counts as delayed
/// rather than the clock as slow: far worse than any crystal.
constexpr int64_t kDriftDivisor = 1000;

std::string to_hex(const std::array<uint8_t, 8>& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::optional<int64_t> widened(const std::optional<uint32_t>& value) {
    return value ? std::optional<int64_t>(*value) : std::nullopt;
}

int64_t signed_of(uint64_t value) {
    return static_cast<int64_t>(value);
}

}  // namespace

Writer::Writer(Database& database)
    : database_(database),
      add_device_(database.prepare("INSERT OR IGNORE INTO devices (id) VALUES (?)")),
      touch_device_(database.prepare("UPDATE devices SET last_seen_ms = max(last_seen_ms, ?), boot "
                                     "= coalesce(?, boot) WHERE id = ?")),
      add_boot_(database.prepare("INSERT OR IGNORE INTO boots (device, boot) VALUES (?, ?)")),
      read_boot_(database.prepare(
          "SELECT offset_ms, offset_at_ms, through FROM boots WHERE device = ? AND boot = ?")),
      write_clock_(database.prepare(
          "UPDATE boots SET offset_ms = ?, offset_at_ms = ?, heard_ms = max(heard_ms, ?2) "
          "WHERE device = ? AND boot = ?")),
      heard_before_(database.prepare("SELECT coalesce((SELECT max(heard_ms) FROM boots WHERE "
                                     "device = ? AND boot < ? AND heard_ms > 0),"
                                     " (SELECT created_ms FROM meta))")),
      add_event_(database.prepare("INSERT OR IGNORE INTO events (device, boot, sequence, clock_ms, "
                                  "time_ms, uncertainty_ms, received_ms, "
                                  "kind, label, score, sample, stop_samples, stop_instructions) "
                                  "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")),
      read_event_(database.prepare("SELECT clock_ms, kind, label, score, sample FROM events WHERE "
                                   "device = ? AND boot = ? AND sequence = ?")),
      count_events_(database.prepare("UPDATE devices SET events = events + 1 WHERE id = ?")),
      next_sequences_(database.prepare("SELECT sequence FROM events WHERE device = ? AND boot = ? "
                                       "AND sequence > ? ORDER BY sequence")),
      write_through_(
          database.prepare("UPDATE boots SET through = ? WHERE device = ? AND boot = ?")),
      write_status_(database.prepare(
          "UPDATE devices SET online = ?, application = coalesce(?, application), "
          "bundle_version = coalesce(?, bundle_version), bundle_digest = coalesce(?, "
          "bundle_digest), "
          "ram_bytes = coalesce(?, ram_bytes), flash_bytes = coalesce(?, flash_bytes), "
          "instructions = coalesce(?, instructions), firmware = coalesce(?, firmware), "
          "rate_hz = coalesce(?, rate_hz), fault = coalesce(?, fault) WHERE id = ?")),
      // Counters only grow within a boot: a report that was overtaken changes nothing.
      write_report_(database.prepare(
          "UPDATE boots SET bytes_sensed = max(bytes_sensed, ?), bytes_sent = max(bytes_sent, ?), "
          "bytes_gate = max(bytes_gate, ?), gate_openings = max(gate_openings, ?), "
          "inferences = max(inferences, ?), overruns = max(overruns, ?), events_lost = "
          "max(events_lost, ?) "
          "WHERE device = ? AND boot = ?")),
      write_device_report_(database.prepare(
          "UPDATE devices SET instructions = ?, outbox = ?, score = ? WHERE id = ?")),
      add_chunk_(database.prepare(
          "INSERT OR IGNORE INTO gate_chunks (device, boot, opening, first_sample, last, samples) "
          "VALUES (?,?,?,?,?,?)")),
      reject_(database.prepare("UPDATE devices SET rejected = rejected + 1 WHERE id = ?")) {}

Committed Writer::write(std::span<const Message> messages) {
    result_ = {};
    spoken_of_.clear();
    contradicted_.clear();
    for (const Message& message : messages) {
        add_device_.reset().bind(message.device).run();
        result_.devices.insert(message.device);
        std::visit([&](const auto& content) { write_content(message, content); }, message.content);
    }
    for (const Boot& boot : spoken_of_) {
        if (contradicted_.contains(boot)) continue;
        result_.acks.push_back({boot.first, boot.second, advance(boot)});
    }
    return std::exchange(result_, {});
}

void Writer::write_content(const Message& message, const EventsMessage& content) {
    touch(message, content.boot);
    const int64_t delay_ms = note_clock(message, content.boot, content.clock_ms);
    for (const EventRecord& event : content.events) {
        if (event.boot == content.boot) {
            const int64_t age_ms =
                std::max<int64_t>(0, signed_of(content.clock_ms) - signed_of(event.clock_ms));
            write_event(message, event, std::max<int64_t>(0, message.received_ms - age_ms),
                        delay_ms);
        } else {
            // That boot's clock is gone: it happened after the device was last heard before this
            // boot.
            const int64_t heard_ms = last_heard_before(message.device, content.boot);
            write_event(message, event, message.received_ms,
                        std::max<int64_t>(0, message.received_ms - heard_ms));
        }
    }
}

void Writer::write_event(const Message& message, const EventRecord& event, int64_t time_ms,
                         int64_t uncertainty_ms) {
    spoken_of_.insert({message.device, event.boot});
    const int added = add_event_.reset()
                          .bind(message.device)
                          .bind(event.boot)
                          .bind(event.sequence)
                          .bind(signed_of(event.clock_ms))
                          .bind(time_ms)
                          .bind(uncertainty_ms)
                          .bind(message.received_ms)
                          .bind(event.kind)
                          .bind(event.label)
                          .bind(event.score_permille)
                          .bind(signed_of(event.sample))
                          .bind_optional(widened(event.stop_samples))
                          .bind_optional(widened(event.stop_instructions))
                          .run();
    if (added == 1) {
        result_.new_events.push_back({database_.last_insert_id(), message.device, time_ms,
                                      uncertainty_ms, message.received_ms, event});
        count_events_.reset().bind(message.device).run();
    } else if (!is_same_event(message.device, event)) {
        // To acknowledge it would make the device forget an event that is stored nowhere.
        const bool first = contradicted_.insert({message.device, event.boot}).second;
        reject_.reset().bind(message.device).run();
        if (first) {
            result_.warnings.push_back(
                message.device + ": boot " + std::to_string(event.boot) + " sequence " +
                std::to_string(event.sequence) +
                " is stored with another content; was the device's flash erased? Give it a "
                "new id");
        }
    }
}

bool Writer::is_same_event(const std::string& device, const EventRecord& event) {
    read_event_.reset().bind(device).bind(event.boot).bind(event.sequence);
    const bool same = read_event_.step() && read_event_.integer(0) == signed_of(event.clock_ms) &&
                      read_event_.integer(1) == event.kind && read_event_.text(2) == event.label &&
                      read_event_.integer(3) == event.score_permille &&
                      read_event_.integer(4) == signed_of(event.sample);
    read_event_.reset();
    return same;
}

void Writer::write_content(const Message& message, const StatusRecord& content) {
    if (!content.retained) {
        touch_device_.reset()
            .bind(message.received_ms)
            .bind_optional(widened(content.boot))
            .bind(message.device)
            .run();
    }
    std::optional<std::string> digest;
    if (content.bundle_digest) digest = to_hex(*content.bundle_digest);
    std::optional<std::string> fault = content.fault;
    if (content.online && !fault) fault = "";
    write_status_.reset()
        .bind(content.online ? 1 : 0)
        .bind_optional(content.application)
        .bind_optional(content.bundle_version)
        .bind_optional(digest)
        .bind_optional(widened(content.ram_bytes))
        .bind_optional(widened(content.flash_bytes))
        .bind_optional(widened(content.instructions))
        .bind_optional(content.firmware_version)
        .bind_optional(widened(content.rate_hz))
        .bind_optional(fault)
        .bind(message.device)
        .run();
}

void Writer::write_content(const Message& message, const ReportRecord& content) {
    touch(message, content.boot);
    note_clock(message, content.boot, content.clock_ms);
    write_report_.reset()
        .bind(signed_of(content.bytes_sensed))
        .bind(signed_of(content.bytes_sent))
        .bind(signed_of(content.bytes_gate))
        .bind(content.gate_openings)
        .bind(signed_of(content.inferences))
        .bind(signed_of(content.overruns))
        .bind(content.events_lost)
        .bind(message.device)
        .bind(content.boot)
        .run();
    write_device_report_.reset()
        .bind(content.instructions)
        .bind(content.outbox)
        .bind(content.score_permille)
        .bind(message.device)
        .run();
}

void Writer::write_content(const Message& message, const GateRecord& content) {
    touch(message, content.boot);
    add_chunk_.reset()
        .bind(message.device)
        .bind(content.boot)
        .bind(content.opening)
        .bind(signed_of(content.first_sample))
        .bind(content.last ? 1 : 0)
        .bind_blob(content.samples)
        .run();
}

void Writer::write_content(const Message& message, const RejectedMessage&) {
    reject_.reset().bind(message.device).run();
}

void Writer::touch(const Message& message, uint32_t boot) {
    touch_device_.reset().bind(message.received_ms).bind(boot).bind(message.device).run();
    add_boot_.reset().bind(message.device).bind(boot).run();
}

/// Compares the device's clock with the time of arrival. Returns by how many milliseconds this
/// message was slower than the fastest one of late: held up on its way, so its events may be that
/// much older than they seem.
int64_t Writer::note_clock(const Message& message, uint32_t boot, uint64_t clock_ms) {
    const int64_t offset = message.received_ms - signed_of(clock_ms);
    int64_t smallest = offset;
    read_boot_.reset().bind(message.device).bind(boot);
    if (read_boot_.step() && !read_boot_.is_null(0)) {
        const int64_t elapsed = std::max<int64_t>(0, message.received_ms - read_boot_.integer(1));
        smallest = std::min(offset, read_boot_.integer(0) + elapsed / kDriftDivisor);
    }
    read_boot_.reset();
    write_clock_.reset()
        .bind(smallest)
        .bind(message.received_ms)
        .bind(message.device)
        .bind(boot)
        .run();
    return offset - smallest;
}

int64_t Writer::last_heard_before(const std::string& device, uint32_t boot) {
    heard_before_.reset().bind(device).bind(boot).step();
    const int64_t heard_ms = heard_before_.integer(0);
    heard_before_.reset();
    return heard_ms;
}

/// Moves the boot's `through` over every sequence that follows without a gap, and returns it.
uint32_t Writer::advance(const Boot& boot) {
    add_boot_.reset().bind(boot.first).bind(boot.second).run();
    read_boot_.reset().bind(boot.first).bind(boot.second).step();
    const auto before = read_boot_.number<uint32_t>(2);
    read_boot_.reset();
    uint32_t through = before;
    next_sequences_.reset().bind(boot.first).bind(boot.second).bind(through);
    while (next_sequences_.step() && next_sequences_.integer(0) == int64_t{through} + 1) ++through;
    next_sequences_.reset();
    if (through != before)
        write_through_.reset().bind(through).bind(boot.first).bind(boot.second).run();
    return through;
}

}  // namespace ganglion::fleet
