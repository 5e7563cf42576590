#pragma once

#include <span>
#include <string_view>

namespace ganglion::compile {

/// The processor a program is for. Every program runs with equal bits on every target; a target
/// only steers choices that cost memory or time. docs/targets.md lists them.
struct Target {
    std::string_view name;
    bool packs_weights = false;        ///< has a dual 16-bit multiplier that packed operations feed
    bool keeps_dense_layers = false;   ///< multiplies plain matrices faster than packed ones
    bool interleaves_weights = false;  ///< has vectors that interleaved operations feed
    bool pairs_pixels = false;         ///< has one multiplier, which two pixels in a word feed
    bool pairs_outputs = false;        ///< sums in 64 bits, which two outputs in a word feed
};

std::span<const Target> known_targets();

/// Throws std::runtime_error that lists the known names.
Target target_by_name(std::string_view name);

}  // namespace ganglion::compile
