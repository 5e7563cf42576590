#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/synthesis/speech.hpp"

namespace ganglion::train {

/// Where the events of a recording are that holds one kind of sound, with quiet between: the parts
/// whose level (10 ms, smoothed over 50 ms) stands within 30 dB of the loudest and well above the
/// quiet (10th percentile: half of the range between the two, 12 dB at most). Gaps up to half a
/// second are bridged: knocks in a row are one event. A recording whose loudest moment is less
/// than 10 dB above its quiet is one stretch; silence has none. Samples of one channel; the
/// stretches come in order.
std::vector<Extent> loud_stretches(std::span<const int16_t> samples, uint32_t rate_hz);

}  // namespace ganglion::train
