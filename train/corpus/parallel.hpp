#pragma once

#include <cstddef>
#include <functional>

namespace ganglion::train {

/// Calls `work(i)` for every i below `count` on all cores; the order is open, so work(i) may only
/// write what belongs to i. `tick` is called now and then from the calling thread, and once at the
/// end. The first exception of any call is thrown again here, after all threads have stopped.
void in_parallel(
    size_t count, const std::function<void(size_t)>& work,
    const std::function<void()>& tick = [] {});

}  // namespace ganglion::train
