#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// Last bytes of a FEATURES section that has one (little-endian, no padding).
struct SoundGateParameters {
    uint16_t block;     ///< samples that are measured together: one frame's hop; even, 2..2048
    uint16_t preroll;   ///< blocks before the opening that the features are given too, 0..15
    uint16_t ratio_q8;  ///< a block is loud from this many times the floor on; 256 or more
    uint16_t least;     ///< and above this mean change from pair to pair of samples
    uint16_t hold;      ///< blocks that it stays open after a loud one
    uint16_t floor;     ///< the floor is the least of the last so many blocks to twice as many, 1..
};
static_assert(sizeof(SoundGateParameters) == 12);

/// Copies and checks them.
Status parse_sound_gate(std::span<const uint8_t> bytes, SoundGateParameters& parameters);

/// Tells cheaply, from the samples of one channel, when there is nothing to compute features for:
/// closed while nothing rises above the room's own noise. A block's level is the sum of the changes
/// between sums of two samples, a band-pass about a quarter of the bandwidth at some five
/// instructions a sample; the floor is the least level of the last moments (minimum statistics:
/// Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
/// statistics", 2001, in its simplest form), so steady noise closes it however loud it is. It
/// starts open until it has a floor. The same bits whatever the size of the pieces.
class SoundGate {
  public:
    /// Bytes of 2-byte aligned memory that must live as long as the gate.
    static uint32_t state_bytes(const SoundGateParameters& parameters);

    /// `parameters` must come from parse_sound_gate(); `memory` holds state_bytes().
    void start(const SoundGateParameters& parameters, std::span<int16_t> memory);

    bool is_open() const { return open_; }
    uint32_t block() const { return parameters_.block; }
    /// Samples up to the end of the block: push() takes no more.
    size_t left() const { return parameters_.block - filled_; }

    /// Measures samples; keeps them where it is closed.
    void push(std::span<const int16_t> samples);

    /// With nothing left: decides whether it is open from here on; it is where it is `needed`. True
    /// where the oldest kept block was given up: nobody will hear it.
    bool end_block(bool needed);

    /// What was kept and is due now that it is open, before all that follows; oldest first, in
    /// parts. Empty: nothing.
    std::span<const int16_t> due() const;
    /// So many of due() were taken.
    void take(size_t samples);

  private:
    void measure(std::span<const int16_t> samples);
    bool is_loud();
    std::span<int16_t> slot(uint32_t index) const;

    SoundGateParameters parameters_{};
    std::span<int16_t> memory_;  // ring of preroll + 1 blocks
    uint32_t first_ = 0;         // oldest kept block
    uint32_t kept_ = 0;          // whole blocks
    uint32_t taken_ = 0;         // samples of the oldest
    uint32_t filled_ = 0;        // samples of the block that is being measured
    uint32_t level_ = 0;         // of it so far
    int32_t pair_ = 0;           // last sum of two
    int32_t half_ = 0;           // first sample of a pair whose second is still to come
    uint32_t lowest_ = UINT32_MAX;
    uint32_t lowest_before_ = UINT32_MAX;
    uint32_t seen_ = 0;  // blocks in lowest_
    uint32_t hold_ = 0;
    bool has_half_ = false;
    bool open_ = true;
};

}  // namespace ganglion
