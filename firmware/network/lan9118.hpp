#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// Polled driver of the board's Ethernet controller (SMSC LAN9118 data sheet, revision 1.5).
namespace ganglion::firmware::lan9118 {

inline constexpr size_t kMaxFrameBytes = 1518;  ///< with the four bytes of frame check sequence

using MacAddress = std::array<uint8_t, 6>;

/// False where there is no such controller.
bool start(const MacAddress& address);

/// Whether a cable is plugged in.
bool link_up();

/// Sends one frame without its check sequence. False where the controller has no room now.
bool send(std::span<const uint8_t> frame);

/// Bytes of the next received frame with its check sequence; 0 where there is none. Call receive()
/// next.
size_t waiting();
/// Takes the frame that waiting() announced into `frame`, which holds at least that much, rounded
/// up to 4.
void receive(std::span<uint8_t> frame, size_t bytes);

}  // namespace ganglion::firmware::lan9118
