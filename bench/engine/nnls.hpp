#pragma once

#include <vector>

namespace ganglion::bench {

/// Coefficients, none below 0, with which the sums of each row's numbers come closest to `values`
/// in the least squares (Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23). Rows
/// are of equal length. Columns that say nothing new get 0.
std::vector<double> nnls(const std::vector<std::vector<double>>& rows,
                         const std::vector<double>& values);

}  // namespace ganglion::bench
