#pragma once

#include <cstdint>
#include <filesystem>

namespace ganglion::fleet {

/// The only address that the fleet server listens on. Emulated devices reach it as 10.0.2.2.
inline constexpr const char* loopback = "127.0.0.1";

/// True when a server could listen on this TCP port of the loopback address now.
bool port_is_free(uint16_t port);

/// A TCP port of the loopback address that is free now. Throws std::runtime_error when there is
/// none.
uint16_t pick_free_port();

/// The port asked for; where none is (0) the one that clients were told by an earlier start, which
/// `file` keeps as a line; else a free one.
uint16_t asked_or_kept_port(uint16_t asked, const std::filesystem::path& file);

}  // namespace ganglion::fleet
