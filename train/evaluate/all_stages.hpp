#pragma once

#include "device/decide/decision.hpp"
#include "project/project.hpp"

namespace ganglion::train {

/// The same application with all stages of its cascade running always: what it is compared with.
inline project::Project all_stages_always(const project::Project& project) {
    project::Project always = project;
    for (auto& gate : always.gates) {
        gate.hold_ms = kAlwaysOpen;
        gate.once = false;
    }
    return always;
}

}  // namespace ganglion::train
