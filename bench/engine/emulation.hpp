#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compile/chip/toolchain.hpp"

namespace ganglion::bench {

/// What a command wrote to standard output and error. Throws std::runtime_error with the command
/// and that where it fails.
std::string output_of(const std::string& command);

/// Runs an image that counts (compile/chip/counting.hpp), with its semihosting arguments; the
/// counts. Files go into `work`.
std::vector<uint64_t> counted(const chip::Toolchain& toolchain, const std::filesystem::path& work,
                              const std::filesystem::path& image, const std::string& arguments);

/// A loadable program and the values of its first input.
struct ProfileCase {
    std::vector<uint8_t> program;
    std::vector<int8_t> input;
};

/// Instructions of each operation of each program, one after another.
std::vector<uint64_t> profile(const chip::Toolchain& toolchain, const std::filesystem::path& work,
                              const std::vector<ProfileCase>& cases);

}  // namespace ganglion::bench
