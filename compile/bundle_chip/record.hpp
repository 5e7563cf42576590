#pragma once

#include <cstdint>

namespace ganglion::chip {

/// What the runner on the chip writes for each inference; the same layout on host and chip.
struct Record {
    uint64_t sample;
    uint16_t score;
    uint16_t raw_score;
    uint8_t label;
    uint8_t fired;
    uint16_t reserved;
    uint32_t tensors_crc;  ///< over all inputs and outputs so far
    uint32_t inferences;
};
static_assert(sizeof(Record) == 24);

}  // namespace ganglion::chip
