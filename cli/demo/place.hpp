#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace ganglion::cli {

/// The folder that a demo keeps everything in: the wanted one, or a new one below the system's
/// temporary folder.
std::filesystem::path make_state(const std::filesystem::path& wanted);

/// The page's port: the wanted one, else the usual one where it is free, else any free one.
uint16_t choose_http_port(uint16_t wanted);

/// Appends a line to `server.log` in the folder; one thread at a time.
void append_to_log(const std::filesystem::path& state, std::string_view line);

}  // namespace ganglion::cli
