#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

#include "train/fit/fit.hpp"

namespace ganglion::train {

/// Turns step(done, all) of one phase into Progress with the time left; throws when Ctrl-C came
/// before there was a model to keep.
inline std::function<void(size_t, size_t)> steps_of(const std::string& phase,
                                                    const ProgressCallback& progress,
                                                    const StopFlag* stop) {
    const auto start = std::chrono::steady_clock::now();
    return [=, &progress](size_t done, size_t all) {
        if (stop != nullptr && *stop)
            throw std::runtime_error("stopped before there was a model to keep");
        if (all == 0 || done == 0) return;
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const double fraction = static_cast<double>(done) / static_cast<double>(all);
        progress({phase, fraction, seconds / fraction * (1 - fraction), ""});
    };
}

/// The same without stopping: judging a model that exists already goes on after Ctrl-C.
inline std::function<void(size_t, size_t)> steps_of(const std::string& phase,
                                                    const ProgressCallback& progress) {
    return steps_of(phase, progress, nullptr);
}

}  // namespace ganglion::train
