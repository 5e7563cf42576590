#pragma once

#include "device/update/layout.hpp"
#include "firmware/layout.hpp"

/// Where updates lie in the board's flash (docs/firmware.md).
namespace ganglion::firmware {

/// Who the board is and whom it trusts; written once, in the factory.
inline constexpr uint32_t kIdentityOffset = 0x4000;

struct IdentityPage {
    static constexpr uint32_t kMagic = 0x44494255;  // "UBID"
    uint32_t magic;
    uint32_t crc;  ///< over all that follows
    update::Uuid vendor;
    update::Uuid hardware_class;
    update::PublicKey root;
};

inline constexpr update::Layout kUpdateLayout{
    .state = 0x400000,
    .keys = 0x404000,
    .journal = 0x406000,
    .index = 0x408000,
    .index_bytes = 0x8000,
    .delta = 0x410000,
    .delta_bytes = 0x60000,
    .bundle = {update::Slot{kBundleSlotOffset[0], kBundleSlotBytes},
               update::Slot{kBundleSlotOffset[1], kBundleSlotBytes}},
    .firmware = 0x480000,
    .firmware_bytes = 0x80000,
    .staging = 0x500000};
inline constexpr uint32_t kUpdateFlashBytes = 0x600000;
static_assert(kUpdateLayout.journal + kUpdateLayout.journal_bytes() <= kUpdateLayout.index);
static_assert(kUpdateLayout.staging + kUpdateLayout.firmware_bytes + kEraseBlock <=
              kUpdateFlashBytes);
static_assert(kUpdateLayout.state >= kFlashBytes && kUpdateFlashBytes <= kSamplePortOffset);
static_assert(kIdentityOffset >= kProvisioningOffset + kProvisioningBytes &&
              kIdentityOffset + kEraseBlock <= kBootCounterOffset);

/// Firmware that the boot loader starts is linked to run from here.
inline constexpr uint32_t kFirmwareAddress = kImageAddress + kUpdateLayout.firmware_slot().image();

}  // namespace ganglion::firmware
