#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// The way out for raw samples: after a decision that opens it, the samples that follow wait here
/// in a bounded ring until the network has sent them. Never waits; what finds no room is counted
/// and ends the opening.
namespace ganglion::firmware::gate {

inline constexpr size_t kRingValues = 32 * 1024;
inline constexpr size_t kChunkValues = 512;

/// `boot` names the openings; `values_per_opening`: int16 values let out after each decision.
void start(uint32_t boot, uint32_t channels, uint64_t values_per_opening);

/// For the reflex: opens after `sample`, unless it is open.
void open_after(uint64_t sample);
/// For the reflex: every block after it has been decided on.
void offer(uint64_t first_sample, std::span<const int16_t> values);
/// For the reflex: no samples will come any more.
void close();

/// For the network: encodes the next chunk into `out`; 0 where there is none yet.
size_t next_chunk(std::span<uint8_t> out);

uint32_t openings();
uint64_t bytes_out();
uint64_t values_dropped();

}  // namespace ganglion::firmware::gate
