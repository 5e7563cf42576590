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

constexpr uint8_t kDecision = 0;  ///< kind of an event
constexpr uint16_t kScoreStep = 125;

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

/// Compares the device's clock with the time of arrival. Returns by how many milliseconds this
/// message was slower than the fastest one of late: held up on its way, so its events may be that
/// much older than they seem.
int64_t note_clock(BootState& boot, int64_t received_ms, uint64_t clock_ms) {
    const int64_t offset = received_ms - signed_of(clock_ms);
    int64_t smallest = offset;
    if (boot.offset_ms) {
        const int64_t elapsed = std::max<int64_t>(0, received_ms - boot.offset_at_ms);
        smallest = std::min(offset, *boot.offset_ms + elapsed / kDriftDivisor);
    }
    boot.offset_ms = smallest;
    boot.offset_at_ms = received_ms;
    boot.heard_ms = std::max(boot.heard_ms, received_ms);
    return offset - smallest;
}

}  // namespace

Writer::Writer(Database& database)
    : database_(database),
      states_(database),
      rollups_(database),
      add_event_(database.prepare("INSERT OR IGNORE INTO events (device, boot, sequence, clock_ms, "
                                  "time_ms, uncertainty_ms, received_ms, "
                                  "kind, label, score, sample, stop_samples, stop_instructions) "
                                  "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")),
      read_event_(database.prepare("SELECT clock_ms, kind, label, score, sample FROM events WHERE "
                                   "device = ? AND boot = ? AND sequence = ?")),
      next_sequences_(database.prepare("SELECT sequence FROM events WHERE device = ? AND boot = ? "
                                       "AND sequence > ? ORDER BY sequence")),
      write_status_(database.prepare(
          "UPDATE devices SET online = ?, application = coalesce(?, application), "
          "bundle_version = coalesce(?, bundle_version), bundle_digest = coalesce(?, "
          "bundle_digest), "
          "ram_bytes = coalesce(?, ram_bytes), flash_bytes = coalesce(?, flash_bytes), "
          "instructions = coalesce(?, instructions), firmware = coalesce(?, firmware), "
          "rate_hz = coalesce(?, rate_hz), fault = coalesce(?, fault) WHERE number = ?")),
      write_device_report_(database.prepare(
          "UPDATE devices SET instructions = ?, outbox = ?, score = ? WHERE number = ?")),
      add_chunk_(database.prepare(
          "INSERT OR IGNORE INTO gate_chunks (device, boot, opening, first_sample, last, samples) "
          "VALUES (?,?,?,?,?,?)")) {}

Committed Writer::write(std::span<const Message> messages) {
    result_ = {};
    spoken_of_.clear();
    contradicted_.clear();
    for (const Message& message : messages) {
        result_.devices.insert(message.device);
        std::visit([&](const auto& content) { write_content(message, content); }, message.content);
    }
    for (const Boot& boot : spoken_of_) {
        if (contradicted_.contains(boot)) continue;
        const DeviceState& device = states_.device(boot.first);
        result_.acks.push_back({boot.first, boot.second, device.boots.at(boot.second).through});
    }
    rollups_.write_back();
    states_.write_back();
    return std::exchange(result_, {});
}

void Writer::forget() {
    states_.forget();
    rollups_.forget();
}

void Writer::write_content(const Message& message, const EventsMessage& content) {
    DeviceState& device = states_.device(message.device);
    const int64_t delay_ms =
        note_clock(touch(message, device, content.boot), message.received_ms, content.clock_ms);
    if (content.from_oldest && !content.events.empty())
        note_loss(device, content.events.front().boot, content.events.front().sequence);
    for (const EventRecord& event : content.events) {
        if (event.boot == content.boot) {
            const int64_t age_ms =
                std::max<int64_t>(0, signed_of(content.clock_ms) - signed_of(event.clock_ms));
            write_event(message, device, event, std::max<int64_t>(0, message.received_ms - age_ms),
                        delay_ms);
        } else {
            // That boot's clock is gone: it happened after the device was last heard before this
            // boot.
            const int64_t heard_ms = states_.heard_before(device, content.boot);
            write_event(message, device, event, message.received_ms,
                        std::max<int64_t>(0, message.received_ms - heard_ms));
        }
    }
}

void Writer::write_event(const Message& message, DeviceState& device, const EventRecord& event,
                         int64_t time_ms, int64_t uncertainty_ms) {
    const Boot name{message.device, event.boot};
    spoken_of_.insert(name);
    BootState& boot = states_.boot(device, event.boot);
    // Up to `through` everything is stored, so that only what lies beyond needs to be tried.
    const bool ahead = event.sequence > boot.through;
    const Known known = ahead ? Known::absent : look_up(device, event);
    const bool is_late = !ahead && known == Known::absent && was_lost(device, event);
    const bool added =
        (ahead || is_late) && add_event(message, device, event, time_ms, uncertainty_ms);
    if (added) {
        result_.new_events.push_back({database_.last_insert_id(), message.device, time_ms,
                                      uncertainty_ms, message.received_ms, event});
        ++device.new_events;
        RollupRow change;
        change.events = 1;
        change.alerts = event.kind == kDecision ? 1 : 0;
        rollups_.add(device, time_ms, change);
        if (is_late) return;
        if (event.sequence == boot.through + 1) {
            ++boot.through;
            if (boot.ahead > 0) advance(device, event.boot, boot);
        } else {
            ++boot.ahead;
        }
    } else if (known == Known::another || (ahead && look_up(device, event) == Known::another)) {
        // (One that is absent and not ahead was stored, and forgotten since.)
        // To acknowledge it would make the device forget an event that is stored nowhere.
        const bool first = contradicted_.insert(name).second;
        ++device.new_rejected;
        if (first) {
            result_.warnings.push_back(
                message.device + ": boot " + std::to_string(event.boot) + " sequence " +
                std::to_string(event.sequence) +
                " is stored with another content; was the device's flash erased? Give it a "
                "new id");
        }
    }
}

bool Writer::add_event(const Message& message, const DeviceState& device, const EventRecord& event,
                       int64_t time_ms, int64_t uncertainty_ms) {
    return add_event_.reset()
               .bind(device.number)
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
               .run() == 1;
}

Writer::Known Writer::look_up(const DeviceState& device, const EventRecord& event) {
    read_event_.reset().bind(device.number).bind(event.boot).bind(event.sequence);
    Known known = Known::absent;
    if (read_event_.step()) {
        const bool same = read_event_.integer(0) == signed_of(event.clock_ms) &&
                          read_event_.integer(1) == event.kind &&
                          read_event_.text(2) == event.label &&
                          read_event_.integer(3) == event.score_permille &&
                          read_event_.integer(4) == signed_of(event.sample);
        known = same ? Known::same : Known::another;
    }
    read_event_.reset();
    return known;
}

void Writer::write_content(const Message& message, const StatusRecord& content) {
    DeviceState& device = states_.device(message.device);
    if (!content.retained) {
        device.last_seen_ms = std::max(device.last_seen_ms, message.received_ms);
        device.boot = content.boot.value_or(device.boot);
    }
    std::optional<std::string> digest;
    if (content.bundle_digest) digest = to_hex(*content.bundle_digest);
    std::optional<std::string> fault = content.fault;
    if (content.online && !fault) fault = "";
    if (content.bundle_version) device.bundle_version = *content.bundle_version;
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
        .bind(device.number)
        .run();
}

void Writer::write_content(const Message& message, const ReportRecord& content) {
    DeviceState& device = states_.device(message.device);
    BootState& boot = touch(message, device, content.boot);
    note_clock(boot, message.received_ms, content.clock_ms);
    // Counters only grow within a boot: a report that was overtaken changes nothing.
    const auto grow = [](uint64_t& counter, uint64_t value) {
        const uint64_t growth = value > counter ? value - counter : 0;
        counter += growth;
        return growth;
    };
    RollupRow change;
    change.reports = 1;
    change.score_sum = content.score_permille;
    change.score_most = content.score_permille;
    change.scores[std::min<size_t>(content.score_permille / kScoreStep, 7)] = 1;
    change.inferences = grow(boot.inferences, content.inferences);
    change.bytes_sensed = grow(boot.bytes_sensed, content.bytes_sensed);
    change.bytes_sent = grow(boot.bytes_sent, content.bytes_sent);
    change.bytes_gate = grow(boot.bytes_gate, content.bytes_gate);
    grow(boot.gate_openings, content.gate_openings);
    grow(boot.overruns, content.overruns);
    grow(boot.events_lost, content.events_lost);
    rollups_.add(device, message.received_ms, change);
    write_device_report_.reset()
        .bind(content.instructions)
        .bind(content.outbox)
        .bind(content.score_permille)
        .bind(device.number)
        .run();
}

void Writer::write_content(const Message& message, const GateRecord& content) {
    DeviceState& device = states_.device(message.device);
    touch(message, device, content.boot);
    add_chunk_.reset()
        .bind(device.number)
        .bind(content.boot)
        .bind(content.opening)
        .bind(signed_of(content.first_sample))
        .bind(content.last ? 1 : 0)
        .bind_blob(content.samples)
        .run();
}

void Writer::write_content(const Message& message, const RejectedMessage&) {
    ++states_.device(message.device).new_rejected;
}

BootState& Writer::touch(const Message& message, DeviceState& device, uint32_t boot) {
    device.last_seen_ms = std::max(device.last_seen_ms, message.received_ms);
    device.boot = boot;
    return states_.boot(device, boot);
}

/// What the store lacks before the oldest that the device has will never come.
void Writer::note_loss(DeviceState& device, uint32_t boot, uint32_t oldest) {
    BootState& state = states_.boot(device, boot);
    if (oldest <= state.through + 1) return;
    int64_t expected = int64_t{state.through} + 1;
    if (state.ahead > 0) {
        next_sequences_.reset().bind(device.number).bind(boot).bind(state.through);
        while (next_sequences_.step() && next_sequences_.integer(0) < oldest) {
            const int64_t stored = next_sequences_.integer(0);
            if (stored > expected) add_loss(device, boot, expected, stored - 1);
            expected = stored + 1;
            --state.ahead;
        }
        next_sequences_.reset();
    }
    if (expected < oldest) add_loss(device, boot, expected, int64_t{oldest} - 1);
    state.through = oldest - 1;
    result_.warnings.push_back(device.id + ": boot " + std::to_string(boot) +
                               " has lost events before sequence " + std::to_string(oldest) +
                               "; see the gap ledger");
    if (state.ahead > 0) advance(device, boot, state);
}

void Writer::add_loss(const DeviceState& device, uint32_t boot, int64_t first, int64_t last) {
    database_.prepare("REPLACE INTO losses (device, boot, first, last) VALUES (?,?,?,?)")
        .bind(device.number)
        .bind(boot)
        .bind(first)
        .bind(last)
        .run();
}

/// True where the event was written down as lost and has come all the same, held up on its way; it
/// is taken out of the losses.
bool Writer::was_lost(const DeviceState& device, const EventRecord& event) {
    Statement loss = database_.prepare(
        "DELETE FROM losses WHERE device = ?1 AND boot = ?2 AND first <= ?3 AND last >= ?3 "
        "RETURNING first, last");
    loss.bind(device.number).bind(event.boot).bind(event.sequence);
    if (!loss.step()) return false;
    const int64_t first = loss.integer(0);
    const int64_t last = loss.integer(1);
    loss.reset();
    if (first < event.sequence) add_loss(device, event.boot, first, int64_t{event.sequence} - 1);
    if (last > event.sequence) add_loss(device, event.boot, int64_t{event.sequence} + 1, last);
    return true;
}

/// Moves the boot's `through` over every sequence that follows without a gap.
void Writer::advance(const DeviceState& device, uint32_t boot, BootState& state) {
    next_sequences_.reset().bind(device.number).bind(boot).bind(state.through);
    while (state.ahead > 0 && next_sequences_.step() &&
           next_sequences_.integer(0) == int64_t{state.through} + 1) {
        ++state.through;
        --state.ahead;
    }
    next_sequences_.reset();
}

}  // namespace ganglion::fleet
