#pragma once

#include <vector>

#include "train/fit/windows.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {

/// A place among windows, in int8 steps.
using Point = std::vector<double>;

/// Which of the points is nearest to a window; `distance` gets the squared distance in steps.
size_t nearest(const std::vector<Point>& points, std::span<const int8_t> window, double& distance);

/// Up to `count` typical windows among `members` (k-means with k-means++ seeds, Arthur and
/// Vassilvitskii 2007). `spread` gets the sum of squared distances from the nearest point.
std::vector<Point> k_means(const LabelledWindows& train, const std::vector<size_t>& members,
                           uint32_t count, Random random, double& spread);

/// The numbers of the windows of one class.
std::vector<size_t> members_of(const LabelledWindows& train, uint16_t label);

}  // namespace ganglion::train
