#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ganglion::train {

/// The text of a ganglion.toml with `key` in `[section]` set to `value`; everything else, comments
/// too, stays. A key that is not there yet is added at the end of its section. Throws
/// std::runtime_error when the section is missing.
std::string with_setting(std::string_view toml, std::string_view section, std::string_view key,
                         std::string_view value);

/// The text without `[section]`, its header, what it sets and its comments.
std::string without_section(std::string_view toml, std::string_view section);

/// with_setting over a file, replaced in one step, so that an interruption leaves the old or the
/// new one.
void write_setting(const std::filesystem::path& file, std::string_view section,
                   std::string_view key, std::string_view value);

/// Adds an empty [section] to the end of a file that has none of that name.
void write_section(const std::filesystem::path& file, std::string_view section);

/// Writes `text` to `file` through a temporary file beside it and a rename.
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace ganglion::train
