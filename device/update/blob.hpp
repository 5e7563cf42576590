#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/flash/flash.hpp"
#include "device/update/envelope.hpp"

namespace ganglion::update {

/// One envelope in one erase block: header, the bytes, and in the last granule a mark (zeros) that
/// is written when all before it has been read back. A block whose writing was cut has no mark.
Status write_blob(Flash& flash, uint32_t block, std::span<const uint8_t> bytes);

/// Returns the bytes, within `buffer`; empty where the block holds none.
std::span<const uint8_t> read_blob(const Flash& flash, uint32_t block,
                                   std::span<uint8_t, kMaxEnvelope> buffer);

/// Writes the mark of a blob again. After a start the mark may be one whose writing was cut, and
/// read differently next time; this makes it last.
Status settle_blob(Flash& flash, uint32_t block);

/// Where the bytes of a blob lie within its block.
inline constexpr uint32_t kBlobHeaderBytes = 16;

}  // namespace ganglion::update
