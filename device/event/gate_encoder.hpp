#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/event/raw_samples.hpp"

namespace ganglion {

/// The one exit of raw samples: writes a gate-chunk (docs/protocol.md) and counts every byte let
/// out.
class GateEncoder {
  public:
    /// Opens the gate for the next stretch of samples; returns its number, from 1.
    uint32_t open() { return ++openings_; }

    /// Bytes written into `out`; 0 (and nothing counted) where it is too small.
    size_t encode(uint32_t boot, uint64_t first_sample, const RawSamples& samples, bool last,
                  std::span<uint8_t> out);

    uint32_t openings() const { return openings_; }
    uint64_t bytes_out() const { return bytes_out_; }

  private:
    uint32_t openings_ = 0;
    uint64_t bytes_out_ = 0;
};

}  // namespace ganglion
