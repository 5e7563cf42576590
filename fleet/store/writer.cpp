#include "fleet/store/writer.hpp"

#include <algorithm>
#include <utility>

#include "fleet/store/rollup_sums.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint16_t kScoreStep = 125;

}  // namespace

Committed Writer::write(std::span<const Message> messages) {
    result_ = {};
    spoken_of_.clear();
    contradicted_.clear();
    rows_.prepare(messages);
    for (const Message& message : messages) {
        result_.devices.insert(message.device);
        std::visit([&](const auto& content) { write_content(message, content); }, message.content);
    }
    for (const Boot& boot : spoken_of_) {
        if (contradicted_.contains(boot)) continue;
        const DeviceState& device = rows_.device(boot.first);
        result_.acks.push_back({boot.first, boot.second, device.boots.at(boot.second).through});
    }
    rows_.finish(result_);
    return std::exchange(result_, {});
}

void Writer::write_content(const Message& message, const EventsMessage& content) {
    DeviceState& device = rows_.device(message.device);
    BootState& sender = touch(message, device, content.boot);
    const ClockNote clock = hear_clock(message, device, content.boot, content.clock_ms);
    if (content.from_oldest && !content.events.empty())
        note_loss(device, content.events.front().boot, content.events.front().sequence);
    std::optional<uint32_t> boot;
    for (const EventRecord& event : content.events) {
        if (std::exchange(boot, event.boot) != event.boot)
            spoken_of_.emplace(message.device, event.boot);
        if (event.boot == content.boot) {
            const EventTime time = time_of(sender, clock, event.clock_ms);
            write_event(message, device, event, time.time_ms, time.uncertainty_ms);
        } else {
            // That boot's clock is gone: it happened after the device was last heard before this
            // boot.
            const int64_t heard_ms = rows_.heard_before(device, content.boot);
            write_event(message, device, event, message.received_ms,
                        std::max<int64_t>(0, message.received_ms - heard_ms));
        }
    }
}

void Writer::write_event(const Message& message, DeviceState& device, const EventRecord& event,
                         int64_t time_ms, int64_t uncertainty_ms) {
    BootState& boot = rows_.boot(device, event.boot);
    using Known = Rows::Known;
    // Up to `through` everything is stored, so that only what lies beyond needs to be tried.
    const bool ahead = event.sequence > boot.through;
    const Known known = ahead ? Known::absent : rows_.look_up(device, event);
    const bool is_late = !ahead && known == Known::absent && was_lost(device, event);
    StoredEvent stored{0, message.device, time_ms, uncertainty_ms, message.received_ms, event};
    if ((ahead || is_late) && rows_.add_event(device, stored)) {
        result_.new_events.push_back(std::move(stored));
        ++device.new_events;
        ++rows_.grown().events;
        rows_.add_to_rollups(device, time_ms, sum_of(event));
        if (is_late) return;
        if (event.sequence == boot.through + 1) {
            ++boot.through;
            if (boot.ahead > 0) advance(device, event.boot, boot);
        } else {
            ++boot.ahead;
        }
    } else if (known == Known::another ||
               (ahead && rows_.look_up(device, event) == Known::another)) {
        // (One that is absent and not ahead was stored, and forgotten since.)
        // To acknowledge it would make the device forget an event that is stored nowhere.
        const bool first = contradicted_.emplace(message.device, event.boot).second;
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

void Writer::write_content(const Message& message, const StatusRecord& content) {
    DeviceState& device = rows_.device(message.device);
    if (!content.retained) {
        device.last_seen_ms = std::max(device.last_seen_ms, message.received_ms);
        device.boot = content.boot.value_or(device.boot);
    }
    count_version(device, -1);
    if (content.application) device.application = *content.application;
    if (content.bundle_version) device.bundle_version = *content.bundle_version;
    if (const auto fault = fault_told(content)) device.has_fault = !fault->empty();
    rows_.grown().online += int{content.online} - int{device.online};
    device.online = content.online;
    count_version(device, 1);
    if (!device.bundle_version.empty()) {
        VersionChange& version = rows_.versions()[{device.application, device.bundle_version}];
        const auto raise = [](uint32_t& most, std::optional<uint32_t> value) {
            most = std::max(most, value.value_or(0));
        };
        raise(version.ram_bytes, content.ram_bytes);
        raise(version.flash_bytes, content.flash_bytes);
        raise(version.instructions, content.instructions);
    }
    rows_.write_status(device, content);
}

/// The device as one of its version's, or no longer.
void Writer::count_version(const DeviceState& device, int by) {
    if (device.bundle_version.empty()) return;
    VersionChange& version = rows_.versions()[{device.application, device.bundle_version}];
    version.devices += by;
    version.online += device.online ? by : 0;
    version.faults += device.has_fault ? by : 0;
}

void Writer::write_content(const Message& message, const ReportRecord& content) {
    DeviceState& device = rows_.device(message.device);
    BootState& boot = touch(message, device, content.boot);
    hear_clock(message, device, content.boot, content.clock_ms);
    // Counters only grow within a boot: a report that was overtaken changes nothing.
    boot.reported = true;
    const auto grow = [](uint64_t& counter, uint64_t value) {
        const uint64_t growth = value > counter ? value - counter : 0;
        counter += growth;
        return growth;
    };
    RollupRow change;
    change.reports = 1;
    change.score_sum = content.score_permille;
    change.score_most = content.score_permille;
    std::ranges::copy(content.scores, change.scores.begin());
    if (std::ranges::count(content.scores, 0) == std::ssize(content.scores))
        change.scores[std::min<size_t>(content.score_permille / kScoreStep, 7)] = 1;
    change.inferences = grow(boot.inferences, content.inferences);
    change.bytes_sensed = grow(boot.bytes_sensed, content.bytes_sensed);
    change.bytes_sent = grow(boot.bytes_sent, content.bytes_sent);
    change.bytes_gate = grow(boot.bytes_gate, content.bytes_gate);
    Totals& totals = rows_.grown();
    fleet::grow(totals.gate_openings, grow(boot.gate_openings, content.gate_openings));
    fleet::grow(totals.inferences, change.inferences);
    fleet::grow(totals.bytes_sensed, change.bytes_sensed);
    fleet::grow(totals.bytes_sent, change.bytes_sent);
    fleet::grow(totals.bytes_gate, change.bytes_gate);
    grow(boot.overruns, content.overruns);
    grow(boot.events_lost, content.events_lost);
    rows_.add_to_rollups(device, message.received_ms, change);
    if (content.instructions > device.instructions && !device.bundle_version.empty()) {
        uint32_t& most = rows_.versions()[{device.application, device.bundle_version}].instructions;
        most = std::max(most, content.instructions);
    }
    device.instructions = std::max(device.instructions, content.instructions);
    rows_.write_report(device, content);
}

void Writer::write_content(const Message& message, const GateRecord& content) {
    DeviceState& device = rows_.device(message.device);
    touch(message, device, content.boot);
    rows_.add_chunk(device, content);
}

void Writer::write_content(const Message& message, const RejectedMessage&) {
    ++rows_.device(message.device).new_rejected;
}

BootState& Writer::touch(const Message& message, DeviceState& device, uint32_t boot) {
    device.last_seen_ms = std::max(device.last_seen_ms, message.received_ms);
    device.boot = boot;
    return rows_.boot(device, boot);
}

ClockNote Writer::hear_clock(const Message& message, DeviceState& device, uint32_t boot,
                             uint64_t clock_ms) {
    BootState& state = rows_.boot(device, boot);
    const ClockNote note = note_clock(state, message.received_ms, clock_ms);
    if (note.has_jumped) rows_.write_jumps(device, boot, state.jumps);
    return note;
}

/// What the store lacks before the oldest that the device has will never come.
void Writer::note_loss(DeviceState& device, uint32_t boot, uint32_t oldest) {
    BootState& state = rows_.boot(device, boot);
    if (oldest <= state.through + 1) return;
    int64_t expected = int64_t{state.through} + 1;
    if (state.ahead > 0) {
        auto stored = rows_.next_stored(device, boot, state.through);
        while (stored && *stored < oldest) {
            if (*stored > expected) rows_.add_loss(device, boot, expected, int64_t{*stored} - 1);
            expected = int64_t{*stored} + 1;
            --state.ahead;
            stored = rows_.next_stored(device, boot, *stored);
        }
    }
    if (expected < oldest) rows_.add_loss(device, boot, expected, int64_t{oldest} - 1);
    state.through = oldest - 1;
    result_.warnings.push_back(device.id + ": boot " + std::to_string(boot) +
                               " has lost events before sequence " + std::to_string(oldest) +
                               "; see the gap ledger");
    if (state.ahead > 0) advance(device, boot, state);
}

/// True where the event was written down as lost and has come all the same, held up on its way; it
/// is taken out of the losses.
bool Writer::was_lost(const DeviceState& device, const EventRecord& event) {
    const auto loss = rows_.take_loss(device, event.boot, event.sequence);
    if (!loss) return false;
    const auto [first, last] = *loss;
    if (first < event.sequence)
        rows_.add_loss(device, event.boot, first, int64_t{event.sequence} - 1);
    if (last > event.sequence)
        rows_.add_loss(device, event.boot, int64_t{event.sequence} + 1, last);
    return true;
}

/// Moves the boot's `through` over every sequence that follows without a gap.
void Writer::advance(const DeviceState& device, uint32_t boot, BootState& state) {
    while (state.ahead > 0 && rows_.next_stored(device, boot, state.through) == state.through + 1) {
        ++state.through;
        --state.ahead;
    }
}

}  // namespace ganglion::fleet
