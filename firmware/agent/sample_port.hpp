#pragma once

#include "firmware/boards/mps2_an386/board.hpp"
#include "firmware/layout.hpp"

namespace ganglion::firmware {

/// The page through which host and board see each other (firmware/layout.hpp).
inline volatile SamplePort& sample_port() {
    return *reinterpret_cast<volatile SamplePort*>(kImageAddress + kSamplePortOffset);
}

inline const int16_t* sample_ring() {
    return reinterpret_cast<const int16_t*>(kImageAddress + kSampleRingOffset);
}

}  // namespace ganglion::firmware
