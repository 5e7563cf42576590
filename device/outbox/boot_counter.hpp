#pragma once

#include <cstdint>

#include "device/flash/flash.hpp"
#include "device/flash/record_log.hpp"

namespace ganglion {

/// Counts starts in two erase blocks of flash: each start appends a record of 8 bytes whose number
/// is the count. A power cut at any point leaves the old count or the new one, so no boot id is
/// ever used twice.
class BootCounter {
  public:
    /// `offset`: of the first of the two blocks.
    BootCounter(Flash& flash, uint32_t offset) : log_(flash, offset, 0, kMagic) {}

    /// Stores the next boot id, which is greater than every stored one and than `at_least`. Errors:
    /// the flash's; nothing must be sent under an id that was not stored.
    Status next(uint32_t at_least, uint32_t& boot);

  private:
    static constexpr uint32_t kMagic = 0x544f4f42;  // "BOOT"
    RecordLog log_;
};

}  // namespace ganglion
