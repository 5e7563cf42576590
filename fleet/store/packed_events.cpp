#include "fleet/store/packed_events.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "fleet/store/varint.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint64_t kHasStopSamples = 1;
constexpr uint64_t kHasStopInstructions = 2;
constexpr uint64_t kOtherLabel = 4;
constexpr int kKindShift = 3;

uint64_t unsigned_of(int64_t value) {
    return static_cast<uint64_t>(value);
}

}  // namespace

void EventPacker::add(const StoredEvent& stored) {
    const EventRecord& event = stored.event;
    const bool other_label = count_ == 0 || event.label != label_;
    put_varint(bytes_, (uint64_t{event.kind} << kKindShift) | (other_label ? kOtherLabel : 0) |
                           (event.stop_samples ? kHasStopSamples : 0) |
                           (event.stop_instructions ? kHasStopInstructions : 0));
    if (other_label) {
        put_varint(bytes_, event.label.size());
        bytes_ += event.label;
        label_ = event.label;
    }
    put_varint(bytes_, event.score_permille);
    put_signed(bytes_, event.clock_ms - clock_ms_);
    put_signed(bytes_, event.sample - sample_);
    put_signed(bytes_, unsigned_of(stored.received_ms) - unsigned_of(stored.time_ms));
    put_signed(bytes_, unsigned_of(stored.uncertainty_ms));
    if (event.stop_samples) put_varint(bytes_, *event.stop_samples);
    if (event.stop_instructions) put_varint(bytes_, *event.stop_instructions);
    clock_ms_ = event.clock_ms;
    sample_ = event.sample;
    ++count_;
}

void EventPacker::clear() {
    // The strings keep their room.
    bytes_.clear();
    label_.clear();
    clock_ms_ = sample_ = 0;
    count_ = 0;
}

std::vector<StoredEvent> unpack_events(const PackedFrom& from, uint32_t count,
                                       std::string_view bytes) {
    VarintReader reader(bytes);
    std::vector<StoredEvent> events;
    events.reserve(count);
    std::string_view label;
    uint64_t clock_ms = 0;
    uint64_t sample = 0;
    for (uint32_t i = 0; i < count; ++i) {
        StoredEvent& stored =
            events.emplace_back(StoredEvent{from.first_id + i, from.device, 0, 0, 0, {}});
        EventRecord& event = stored.event;
        const uint64_t head = reader.number();
        if ((head & kOtherLabel) != 0) label = reader.take(reader.number());
        event.boot = from.boot;
        event.sequence = from.first_sequence + i;
        event.kind = static_cast<uint8_t>(head >> kKindShift);
        event.label = label;
        event.score_permille = static_cast<uint16_t>(reader.number());
        event.clock_ms = clock_ms += reader.signed_number();
        event.sample = sample += reader.signed_number();
        stored.received_ms = from.received_ms;
        stored.time_ms =
            static_cast<int64_t>(unsigned_of(from.received_ms) - reader.signed_number());
        stored.uncertainty_ms = static_cast<int64_t>(reader.signed_number());
        if ((head & kHasStopSamples) != 0)
            event.stop_samples = static_cast<uint32_t>(reader.number());
        if ((head & kHasStopInstructions) != 0)
            event.stop_instructions = static_cast<uint32_t>(reader.number());
    }
    if (!reader.at_end()) throw StoreError("store: packed rows are damaged");
    return events;
}

bool Run::takes(int64_t device, const StoredEvent& event) const {
    const uint32_t count = packer_.count();
    return count == 0 || (count < kMostInRun && device_ == device && boot_ == event.event.boot &&
                          received_ms_ == event.received_ms && last_id() + 1 == event.id &&
                          last_sequence() + 1 == event.event.sequence);
}

void Run::add(int64_t device, const StoredEvent& event) {
    if (is_empty()) {
        device_ = device;
        received_ms_ = event.received_ms;
        first_id_ = event.id;
        boot_ = event.event.boot;
        first_sequence_ = event.event.sequence;
    }
    packer_.add(event);
}

void EventPage::add(std::vector<StoredEvent> run) {
    if (!query_.after) std::ranges::reverse(run);
    for (StoredEvent& stored : run) {
        if (is_full()) return;
        if (stored.id > query_.after.value_or(0) &&
            stored.id < query_.before.value_or(std::numeric_limits<int64_t>::max()))
            events_.push_back(std::move(stored));
    }
}

std::vector<StoredEvent> EventPage::take() {
    if (!query_.after) std::ranges::reverse(events_);
    return std::exchange(events_, {});
}

}  // namespace ganglion::fleet
