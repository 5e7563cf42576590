#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/row.hpp"
#include "compile/chip/toolchain.hpp"

namespace ganglion::bench {

/// Instructions a second of sensing that the feature blocks of the project's own listeners and of
/// its motor guard take on an emulated processor, over deterministic noise; log mel beside the
/// recorded front end of microWakeWord. `work` gets the files. Throws std::runtime_error with the
/// command that failed.
std::vector<Row> bench_features(const chip::Toolchain& toolchain,
                                const std::filesystem::path& work);

}  // namespace ganglion::bench
