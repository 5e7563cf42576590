#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compile/report.hpp"
#include "model/graph.hpp"
#include "project/project.hpp"

namespace ganglion::train {

/// A project's signed bundle, with its gates and its proof.
struct DeviceBundle {
    std::vector<uint8_t> bytes;
    compile::Report report;  ///< of the application's own model; empty where it has none
};

/// Reads the models that the project names, compiles them for the Cortex-M4F and writes the bundle;
/// `graph` stands for the application's own model where it is given. Throws std::runtime_error:
/// what the writer refuses, models that cannot be read.
DeviceBundle build_device_bundle(const project::Project& project,
                                 const std::string& signing_key_pem,
                                 const model::Graph* graph = nullptr);

}  // namespace ganglion::train
