#pragma once

#include <cstdint>
#include <span>

#include "train/synthesis/speech.hpp"

namespace ganglion::train {

/// Where the one spoken word lies in a noisy recording: the stretch around the loudest 10 ms that
/// stays above a level between the quiet (15th percentile) and the peak, gaps up to 150 ms bridged
/// (stop consonants), 0.9 s at most.
Extent word_extent(std::span<const int16_t> samples, uint32_t rate_hz);

}  // namespace ganglion::train
