#include "firmware/agent/gate.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "device/event/gate_encoder.hpp"

namespace ganglion::firmware::gate {
namespace {

constexpr uint32_t kMaxOpenings = 4;

/// Written by the reflex but for `sent`; `ended` comes last.
struct Opening {
    uint64_t first_sample;
    uint32_t start;                ///< in the ring
    std::atomic<uint32_t> values;  ///< put into the ring
    std::atomic<bool> ended;
    uint32_t sent;  ///< by the network
};

std::array<int16_t, kRingValues> ring;
std::array<Opening, kMaxOpenings> queue;
std::atomic<uint32_t> opened{0};  // by the reflex
std::atomic<uint32_t> closed{0};  // by the network: all sent
std::atomic<uint32_t> freed{0};   // values that the network has sent
uint32_t filled = 0;              // values that the reflex has put

uint32_t boot_id = 0;
uint32_t channels = 1;
uint64_t quota = 0;
bool is_open = false;
uint64_t opens_at = 0;  // first sample let out
uint64_t dropped = 0;
GateEncoder encoder;

Opening& current() {
    return queue[(opened - 1) % kMaxOpenings];
}

void end_opening() {
    current().ended = true;
    is_open = false;
}

}  // namespace

void start(uint32_t boot, uint32_t channel_count, uint64_t values_per_opening) {
    boot_id = boot;
    channels = channel_count;
    quota = values_per_opening;
    opened = 0;
    closed = 0;
    freed = 0;
    filled = 0;
    is_open = false;
    dropped = 0;
    encoder = {};
}

void open_after(uint64_t sample) {
    if (is_open || quota == 0) return;
    if (opened - closed == kMaxOpenings) {
        dropped += quota;
        return;
    }
    opens_at = sample + 1;
    Opening& opening = queue[opened % kMaxOpenings];
    opening.first_sample = opens_at;
    opening.start = filled;
    opening.values = 0;
    opening.ended = false;
    opening.sent = 0;
    is_open = true;
    opened = opened + 1;
}

void offer(uint64_t first_sample, std::span<const int16_t> values) {
    if (!is_open) return;
    if (first_sample < opens_at) {
        const uint64_t skipped = (opens_at - first_sample) * channels;
        if (skipped >= values.size()) return;
        values = values.subspan(static_cast<size_t>(skipped));
    }
    Opening& opening = current();
    values = values.first(
        static_cast<size_t>(std::min<uint64_t>(values.size(), quota - opening.values)));
    if (kRingValues - (filled - freed) < values.size()) {
        dropped += quota - opening.values;
        end_opening();
        return;
    }
    for (int16_t value : values) ring[filled++ % kRingValues] = value;
    opening.values = opening.values + static_cast<uint32_t>(values.size());
    if (opening.values == quota) end_opening();
}

void close() {
    if (is_open) end_opening();
}

size_t next_chunk(std::span<uint8_t> out) {
    if (opened == closed) return 0;
    Opening& opening = queue[closed % kMaxOpenings];
    const bool ended = opening.ended;
    const uint32_t waiting = opening.values - opening.sent;
    if (!ended && waiting < kChunkValues) return 0;
    const uint32_t count = std::min<uint32_t>(waiting, kChunkValues);
    static std::array<int16_t, kChunkValues> chunk;
    for (uint32_t i = 0; i < count; ++i)
        chunk[i] = ring[(opening.start + opening.sent + i) % kRingValues];
    if (opening.sent == 0) encoder.open();
    const bool last = ended && count == waiting;
    const size_t size = encoder.encode(boot_id, opening.first_sample + opening.sent / channels,
                                       RawSamples(std::span(chunk).first(count)), last, out);
    opening.sent += count;
    freed = freed + count;
    if (last) closed = closed + 1;
    return size;
}

uint32_t openings() {
    return encoder.openings();
}
uint64_t bytes_out() {
    return encoder.bytes_out();
}
uint64_t values_dropped() {
    return dropped;
}

}  // namespace ganglion::firmware::gate
