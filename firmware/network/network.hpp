#pragma once

#include <cstdint>
#include <string_view>

/// IPv4 over the board's Ethernet, polled from thread mode.
namespace ganglion::firmware::network {

/// Starts the controller and lwIP with the emulator's fixed addresses (10.0.2.15 behind 10.0.2.2);
/// `device_id` makes the hardware address. False where there is no controller.
bool start(std::string_view device_id);

/// Takes what has arrived and lets lwIP's timers run. Never waits.
void poll();

bool link_up();

/// Thread mode is inside poll() right now: what an interrupt sees that breaks into a handshake.
bool busy();

/// Bytes of Ethernet frames since start, padding and check sequence included.
uint64_t bytes_sent();
uint64_t bytes_received();

/// Most bytes that lwIP and mbedTLS together ever held of their heap.
uint32_t heap_peak();

}  // namespace ganglion::firmware::network
