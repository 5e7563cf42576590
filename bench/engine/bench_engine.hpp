#pragma once

#include <filesystem>
#include <vector>

#include "bench/row.hpp"

namespace ganglion::bench {

/// Measures the engine on the emulated Cortex-M4F for the reference models in `shared`/models:
/// instructions of one inference (linked-in and loaded form), RAM, stack and flash, each beside the
/// recorded baseline of TensorFlow Lite Micro with CMSIS-NN. Outputs must equal `shared`/golden.
/// Writes images into `work`, created where missing. Throws std::runtime_error with one line where
/// the models are absent, a tool fails or an output differs.
std::vector<Row> bench_engine(const std::filesystem::path& shared,
                              const std::filesystem::path& work);

}  // namespace ganglion::bench
