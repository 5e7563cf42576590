#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ganglion::train {

/// How one value of a feature frame becomes int8: clamp(round((raw - offset) * steps)).
struct ValueScaling {
    double offset = 0;
    double steps = 1;  ///< int8 steps per raw unit
};

/// Chosen from raw frames (frame after frame, `values` each) of the training split alone: the
/// median becomes 0, and the outermost 0.5 % on the wider side reach the end of int8. A value that
/// never changes gets steps 1. Throws std::runtime_error when there is no whole frame.
std::vector<ValueScaling> choose_scaling(std::span<const int16_t> raw, uint32_t values);

/// The scaling itself, in floating point.
int8_t scaled(const ValueScaling& scaling, int16_t raw);

}  // namespace ganglion::train
