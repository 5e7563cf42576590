#pragma once

#include <cstddef>
#include <vector>

namespace ganglion::train {

/// A candidate as two numbers, both better when lower.
struct Tradeoff {
    double loss = 0;
    double cost = 0;
};

/// Layer of each point: 0 is the Pareto front (no other point is at least as good in both and
/// better in one), 1 the front of what is left without it, and so on (non-dominated sorting; Deb et
/// al., "NSGA-II", 2002).
std::vector<size_t> pareto_layers(const std::vector<Tradeoff>& points);

/// Indices of the `count` points to go on with: whole layers first, within a layer the lower loss,
/// then the lower index.
std::vector<size_t> survivors(const std::vector<Tradeoff>& points, size_t count);

}  // namespace ganglion::train
