#pragma once

#include <cstdint>
#include <span>

namespace ganglion {

/// Samples as the sensor gave them. Nothing converts to or from it, no writer takes it: only
/// GateEncoder can look inside, so raw data has one exit, and what passes there is counted.
class RawSamples {
  public:
    explicit RawSamples(std::span<const int16_t> samples) : samples_(samples) {}
    size_t count() const { return samples_.size(); }

  private:
    friend class GateEncoder;
    std::span<const int16_t> samples_;
};

}  // namespace ganglion
