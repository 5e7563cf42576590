#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ganglion::cli {

/// Whole file as bytes. Throws std::runtime_error with the path and the system's reason.
std::vector<uint8_t> read_file(const std::filesystem::path& path);

/// Same, as text.
std::string read_text(const std::filesystem::path& path);

/// Writes a file beside its final name, then renames: readers never see half of it.
void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes);
void write_text(const std::filesystem::path& path, const std::string& text);

/// Root of the source tree this program was built from: applications, the page, the firmware build.
std::filesystem::path source_root();

}  // namespace ganglion::cli
