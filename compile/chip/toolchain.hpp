#pragma once

#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

/// How to build and run images of the engine on each emulated processor. The table is written by
/// CMake from cmake/targets.cmake.
namespace ganglion::chip {

/// Commands and paths for one target; lists are joined by blanks.
struct Toolchain {
    std::string_view target;           ///< compile::target_by_name() knows it
    std::string_view emulator;         ///< command up to the image's path
    std::string_view compile;          ///< compiler with all its flags
    std::string_view link;             ///< what follows the objects
    std::string_view size;             ///< tells the sizes of an image
    std::string_view objects;          ///< start-up and kernels: any image
    std::string_view program_objects;  ///< the loader: images of the loadable form
    std::string_view runner_object;    ///< runner.cpp
    std::string_view loaded_runner;    ///< image: runs one loadable program over many inputs
    std::string_view batch_runner;     ///< image: many programs (batch.hpp)
    std::string_view profile_runner;   ///< image: programs counted operation by operation
    std::string_view features_runner;  ///< image: feature blocks over samples, counted
};

/// For messages of tests.
inline std::ostream& operator<<(std::ostream& stream, const Toolchain& toolchain) {
    return stream << toolchain.target;
}

#include "compile/chip/toolchain_rows.hpp"

/// Throws std::runtime_error where there is no such toolchain in this build.
inline const Toolchain& toolchain_of(std::string_view target) {
    for (const Toolchain& toolchain : kToolchains) {
        if (toolchain.target == target) return toolchain;
    }
    throw std::runtime_error("no emulator or cross compiler for target '" + std::string(target) +
                             "': install the packages of packages.txt and configure again");
}

}  // namespace ganglion::chip
