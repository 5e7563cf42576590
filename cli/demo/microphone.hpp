#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>

namespace ganglion::cli {

/// Records from the default ALSA device, 16-bit mono at `rate_hz`, and hands over blocks of 10 ms
/// until `stop` turns true. Throws std::runtime_error where there is no microphone or it cannot
/// record so.
void record_microphone(uint32_t rate_hz, const std::atomic<bool>& stop,
                       const std::function<void(std::span<const int16_t>)>& take);

}  // namespace ganglion::cli
