#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/row.hpp"

namespace ganglion::bench {

/// Measures one thread of this machine: median processor time of an inference of the reference
/// models in `shared`/models, compiled for x86-64 and run with each set of vector kernels that the
/// processor has, beside the portable target run with the portable kernels; and inferences a
/// second. The best set has the goal. `models`: names of the rows; empty: all. Outputs must equal
/// `shared`/golden. Empty on other processors. Throws std::runtime_error with one line where the
/// models are absent or an output differs.
std::vector<Row> bench_x86(const std::filesystem::path& shared,
                           const std::vector<std::string>& models);

}  // namespace ganglion::bench
