#pragma once

#include <cstdint>

namespace ganglion::fleet {

/// The only address that the fleet server listens on. Emulated devices reach it as 10.0.2.2.
inline constexpr const char* loopback = "127.0.0.1";

/// True when a server could listen on this TCP port of the loopback address now.
bool port_is_free(uint16_t port);

/// A TCP port of the loopback address that is free now. Throws std::runtime_error when there is
/// none.
uint16_t pick_free_port();

}  // namespace ganglion::fleet
