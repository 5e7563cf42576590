#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// NOR flash as every microcontroller has it: erasing sets a whole block to ones, programming turns
/// ones into zeros, granule by granule. Offsets count from the start of the flash. A block bears
/// some ten thousand erases; worn out, it fails with io_error or keeps wrong bits without a word,
/// so what must be right is read back (program_checked).
class Flash {
  public:
    static constexpr uint32_t kBlockBytes = 4096;
    static constexpr uint32_t kGranuleBytes = 8;

    virtual uint32_t size() const = 0;
    /// bad_offset outside the flash.
    virtual Status read(uint32_t offset, std::span<uint8_t> into) const = 0;
    /// `offset` and the size of `bytes` are whole granules. Programming a granule again may only
    /// clear more bits. Errors: bad_offset (outside, or not on a granule), bad_value (a bit would
    /// have to be set; nothing is written), io_error.
    virtual Status program(uint32_t offset, std::span<const uint8_t> bytes) = 0;
    /// `offset` is the start of a block. Errors: bad_offset, io_error.
    virtual Status erase(uint32_t offset) = 0;

  protected:
    ~Flash() = default;
};

/// Programs and reads back. Errors: those of program(); io_error where the flash holds other bytes
/// afterwards.
Status program_checked(Flash& flash, uint32_t offset, std::span<const uint8_t> bytes);

/// A flash that lies in the address space and is written with plain stores: the emulated board's,
/// and the image file on the host. Enforces the rules that real flash has.
class MappedFlash final : public Flash {
  public:
    /// `memory`: whole blocks, 8-byte aligned.
    explicit MappedFlash(std::span<uint8_t> memory) : memory_(memory) {}

    uint32_t size() const override { return static_cast<uint32_t>(memory_.size()); }
    Status read(uint32_t offset, std::span<uint8_t> into) const override;
    Status program(uint32_t offset, std::span<const uint8_t> bytes) override;
    Status erase(uint32_t offset) override;

  private:
    std::span<uint8_t> memory_;
};

}  // namespace ganglion
