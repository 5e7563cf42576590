#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ganglion::train {

/// The numbers of a file, in its order: NumPy's .npy (versions 1 to 3, C order, little-endian
/// floats of 4 or 8 bytes or integers of 1 to 8), or any other file as raw little-endian float32.
/// Throws std::runtime_error: file, what is wrong.
std::vector<float> read_numbers(const std::filesystem::path& file);

/// One class a line (the last column of a CSV; a first line without a number is its heading), or an
/// .npy of integers.
std::vector<uint32_t> read_class_numbers(const std::filesystem::path& file);

}  // namespace ganglion::train
