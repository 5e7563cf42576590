#pragma once

#include "device/decide/decision.hpp"
#include "project/project.hpp"

namespace ganglion::train {

/// The same application with all stages of its cascade running always, and no sound gate: what it
/// is compared with.
inline project::Project all_stages_always(const project::Project& project) {
    project::Project always = project;
    for (auto& gate : always.gates) {
        gate.hold_ms = kAlwaysOpen;
        gate.once = false;
    }
    always.sound_gate.reset();
    return always;
}

}  // namespace ganglion::train
