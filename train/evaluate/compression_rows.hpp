#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {

/// What one step of compression is worth: judged and weighed like what goes to the device.
struct CompressionRow {
    std::string name;
    double accuracy = 0;  ///< balanced, of the integer engine on the validation split
    uint32_t flash_bytes = 0;
    uint32_t ram_bytes = 0;
    uint64_t instructions = 0;  ///< of an inference on a Cortex-M4F, by the compiler's estimate
    uint32_t delta_bytes = 0;   ///< an update from here to the same network after another epoch
    size_t weights = 0;         ///< different ones in the layer that has most
};

/// A row for each stage. The project's budget is not asked: what it was before may exceed it.
std::vector<CompressionRow> compression_rows(const project::Project& project,
                                             const std::vector<CompressionStage>& stages,
                                             const LabelledWindows& validation);

}  // namespace ganglion::train
