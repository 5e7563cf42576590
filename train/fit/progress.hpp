#pragma once

#include <atomic>
#include <functional>
#include <string>

namespace ganglion::train {

/// What a long computation tells while it runs.
struct Progress {
    std::string phase;        ///< "speech", "features", "fit", "quantize", "evaluate"
    double fraction = 0;      ///< of this phase, 0..1
    double seconds_left = 0;  ///< of this phase, by the pace so far
    std::string note;         ///< e.g. the loss
};

using ProgressCallback = std::function<void(const Progress&)>;

/// Set from a signal handler: the fit ends at the next step and what was reached so far is kept.
using StopFlag = std::atomic<bool>;

}  // namespace ganglion::train
