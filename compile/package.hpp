#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "compile/target.hpp"

namespace ganglion::compile {

/// Makes what emit_cpp() wrote into `directory` a folder that compiles anywhere: copies the kernels
/// that the network calls, and their headers, from `sources` (the root of Ganglion's sources) into
/// `directory`/ganglion, lets all includes name their neighbours, and adds a README.md that tells
/// how to use it. Returns the sources to compile, relative to `directory`. Throws
/// std::runtime_error where a source is absent.
std::vector<std::filesystem::path> write_package(const std::filesystem::path& directory,
                                                 std::string_view name, const Target& target,
                                                 const std::filesystem::path& sources);

}  // namespace ganglion::compile
