#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compile/report.hpp"
#include "project/project.hpp"

namespace ganglion::cli {

/// An application ready for a device.
struct BuiltApplication {
    project::Project project;
    compile::Report report;       ///< of its model
    std::vector<uint8_t> bundle;  ///< signed
    uint32_t ram_bytes = 0;       ///< of the pipeline on the device
};

/// Reads `apps/NAME`, `apps/NAME/VARIANT.toml` by "NAME/VARIANT", a folder or a ganglion.toml.
project::Project find_application(const std::string& name_or_path);

/// Where the recordings lie unless told otherwise: data in $GANGLION_SHARED, else in ../shared
/// beside the sources.
std::filesystem::path default_data();

/// description + .tflite → compiled program → signed bundle with its proof.
BuiltApplication build_application(const project::Project& project,
                                   const std::string& signing_key_pem);

}  // namespace ganglion::cli
