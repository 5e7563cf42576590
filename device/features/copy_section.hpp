#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// Reads a section that is one plain structure, little-endian without padding: `truncated` where
/// bytes are missing, `bad_shape` where there are more. What the fields say is for the caller to
/// check.
template <typename Header>
Status copy_section(std::span<const uint8_t> bytes, Header& header) {
    if (bytes.size() < sizeof header) return Status::truncated;
    if (bytes.size() > sizeof header) return Status::bad_shape;
    std::memcpy(&header, bytes.data(), sizeof header);
    return Status::ok;
}

}  // namespace ganglion
