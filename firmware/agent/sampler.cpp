#include "firmware/agent/sampler.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "firmware/agent/sample_port.hpp"
#include "firmware/boards/mps2_an386/board.hpp"

namespace ganglion::firmware::sampler {
namespace {

constexpr size_t kMaxBlocks = 256;

struct Stamp {
    uint64_t arrival;
    uint64_t first_sample;
    size_t size;
};

std::array<int16_t, kPoolValues> pool;
std::array<Stamp, kMaxBlocks> stamps;
uint32_t channels = 1;
size_t block_values = 0;
uint32_t block_count = 0;

// Written by the interrupt alone, and by the reflex alone; both count up for ever.
std::atomic<uint32_t> put{0};
std::atomic<uint32_t> got{0};

uint32_t taken = 0;  // as the port counts: wraps
uint64_t values = 0;
uint64_t lost = 0;
bool end_told = false;

int16_t* block_at(uint32_t index) {
    return pool.data() + index % block_count * block_values;
}

void take_block() {
    volatile SamplePort& port = sample_port();
    const uint32_t available = port.written - taken;
    const size_t size = std::min<size_t>(available, block_values);
    // The last block may be shorter; a short one before that is still being written.
    if (size == 0 || (size < block_values && port.ended == 0)) {
        if (port.ended == 0)
            port.waits = port.waits + 1;
        else if (!end_told)
            board::pend_reflex();
        end_told = port.ended != 0;
        return;
    }
    const uint32_t from = taken;
    taken += static_cast<uint32_t>(size);
    const uint64_t first = values / channels;
    values += size;
    if (put - got == block_count) {
        lost += size / channels;
        port.overruns = static_cast<uint32_t>(lost);
    } else {
        int16_t* to = block_at(put);
        for (size_t i = 0; i < size; ++i) to[i] = sample_ring()[(from + i) % kSampleRingValues];
        stamps[put % block_count] = {board::ticks(), first, size};
        put = put + 1;
        board::pend_reflex();
    }
    port.taken = taken;
}

}  // namespace

void start(uint32_t rate_hz, uint32_t period_s, uint32_t channel_count) {
    channels = channel_count;
    const size_t ten_ms = std::max<size_t>(rate_hz / 100, 1) * channels;
    block_values = std::min<size_t>(ten_ms, pool.size() / 4 / channels * channels);
    block_count = static_cast<uint32_t>(std::min<size_t>(pool.size() / block_values, kMaxBlocks));
    taken = sample_port().taken;
    const uint64_t samples = block_values / channels;
    const uint32_t asked = sample_port().speed;
    const uint64_t speed = std::max<uint32_t>(asked, 1);
    const uint64_t ticks = samples * period_s * board::kTicksPerSecond / (rate_hz * speed);
    // At most a thousand blocks a second; the timer's longest period is two minutes and a half.
    board::start_sampling(static_cast<uint32_t>(
        std::clamp<uint64_t>(ticks, board::kTicksPerSecond / 1000, UINT32_MAX)));
}

bool front(Block& block) {
    if (put == got) return false;
    const Stamp& stamp = stamps[got % block_count];
    block = {stamp.arrival, stamp.first_sample, {block_at(got), stamp.size}};
    return true;
}

void pop() {
    got = got + 1;
}

uint64_t arrived() {
    return values / channels;
}
uint64_t values_taken() {
    return values;
}
uint64_t overruns() {
    return lost;
}

bool finished() {
    volatile SamplePort& port = sample_port();
    return port.ended != 0 && port.written == taken && put == got;
}

}  // namespace ganglion::firmware::sampler

extern "C" void timer1_handler();
extern "C" void timer1_handler() {
    ganglion::firmware::board::clear_sampling_interrupt();
    ganglion::firmware::sampler::take_block();
}
