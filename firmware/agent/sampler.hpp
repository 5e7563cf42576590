#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Takes blocks from the sensor's port in the sampling interrupt and keeps them until the reflex
/// has worked them off.
namespace ganglion::firmware::sampler {

inline constexpr size_t kPoolValues = 24 * 1024;

struct Block {
    uint64_t arrival = 0;       ///< tick at which the interrupt took it
    uint64_t first_sample = 0;  ///< index (per channel) of its first sample
    std::span<const int16_t> values;
};

/// Starts the interrupt: blocks of 10 ms, at least one sample. `rate_hz` samples per channel in
/// `period_s` seconds of the sensor's time, which the sample port may let run faster.
void start(uint32_t rate_hz, uint32_t period_s, uint32_t channels);

/// The oldest block that waits; false where there is none. For the reflex only.
bool front(Block& block);
/// Gives the oldest block back.
void pop();

/// Samples (per channel) that have arrived, the lost ones too.
uint64_t arrived();
/// Values taken from the sensor, of all channels.
uint64_t values_taken();
/// Samples (per channel) lost because the reflex was too slow.
uint64_t overruns();
/// The sensor has ended, and every block has been worked off.
bool finished();

}  // namespace ganglion::firmware::sampler
