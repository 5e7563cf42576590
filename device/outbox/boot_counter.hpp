#pragma once

#include <cstdint>

#include "device/flash/flash.hpp"

namespace ganglion {

/// Counts starts in two erase blocks of flash: each start appends a 16-byte record; a full block
/// makes way to the other. A power cut at any point leaves the old count or the new one, so no boot
/// id is ever used twice.
class BootCounter {
  public:
    /// `offset`: of the first of the two blocks.
    BootCounter(Flash& flash, uint32_t offset) : flash_(flash), offset_(offset) {}

    /// Stores the next boot id, which is greater than every stored one and than `at_least`. Errors:
    /// the flash's; nothing must be sent under an id that was not stored.
    Status next(uint32_t at_least, uint32_t& boot);

  private:
    Flash& flash_;
    uint32_t offset_;
};

}  // namespace ganglion
