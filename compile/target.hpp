#pragma once

#include <string>
#include <string_view>

namespace ganglion::compile {

/// The processor a program is for. Every program runs with equal bits on every target; a target
/// only steers choices that cost memory or time.
struct Target {
    std::string name;            ///< "portable" or "cortex-m4"
    bool packs_weights = false;  ///< has a dual 16-bit multiplier that packed operations feed
};

/// Throws std::runtime_error that lists the known names.
Target target_by_name(std::string_view name);

}  // namespace ganglion::compile
