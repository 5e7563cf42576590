#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/row.hpp"

namespace ganglion::bench {

/// What to measure, and where.
struct EngineBench {
    std::filesystem::path shared;      ///< holds models/ and golden/
    std::filesystem::path work;        ///< for the images it builds; created where missing
    std::vector<std::string> models;   ///< names of the rows, "kws"; empty: all
    std::vector<std::string> targets;  ///< "cortex-m4"; empty: all
    /// Told before each part what it is and which fraction of the work is done.
    std::function<void(const std::string& part, double fraction)> on_progress;
};

/// Measures the engine on the emulated processors for the reference models: instructions of one
/// inference (linked-in and loaded form), set-up, RAM, stack and flash, each beside the recorded
/// baseline of TensorFlow Lite Micro with CMSIS-NN. Outputs must equal the reference's. Throws
/// std::runtime_error with one line where the models are absent, a name is unknown, a tool fails or
/// an output differs.
std::vector<Row> bench_engine(const EngineBench& bench);

}  // namespace ganglion::bench
