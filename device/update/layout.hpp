#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "device/flash/record_log.hpp"
#include "device/update/crypto.hpp"
#include "device/update/manifest.hpp"

namespace ganglion::update {

/// A place for an image: one erase block with its manifest, then the image.
struct Slot {
    uint32_t offset;
    uint32_t bytes;  ///< whole blocks, the manifest's included

    constexpr uint32_t image() const { return offset + Flash::kBlockBytes; }
    constexpr uint32_t room() const { return bytes - Flash::kBlockBytes; }
};

/// Erase blocks of a slot with an image of so many bytes.
constexpr uint32_t slot_blocks(uint32_t image_bytes) {
    return 1 + (image_bytes + Flash::kBlockBytes - 1) / Flash::kBlockBytes;
}

/// Where updates live in a device's flash; offsets and sizes are whole erase blocks.
struct Layout {
    uint32_t state;        ///< kStateBlocks
    uint32_t keys;         ///< kKeyBlocks
    uint32_t journal;      ///< of a swap, journal_bytes()
    uint32_t index;        ///< of the transfer under way
    uint32_t index_bytes;  ///< 16 for each KB of the largest image
    uint32_t delta;        ///< received, until it is applied
    uint32_t delta_bytes;
    std::array<Slot, 2> bundle;  ///< both used in place
    /// Runs in place. firmware_bytes includes the manifest's block.
    uint32_t firmware;
    uint32_t firmware_bytes;
    /// Where new firmware is put together, and where the old waits during a trial: one block more
    /// than firmware_bytes.
    uint32_t staging;

    static constexpr uint32_t kStateBlocks = 2 * RecordLog::kBlocks;
    static constexpr uint32_t kKeyBlocks = 2;

    constexpr Slot firmware_slot() const { return {firmware, firmware_bytes}; }
    /// Firmware that is to come lies one block further than firmware that has been: a swap moves
    /// each block down by one, and so needs no other scratch.
    constexpr Slot incoming_firmware() const {
        return {staging + Flash::kBlockBytes, firmware_bytes};
    }
    constexpr Slot outgoing_firmware() const { return {staging, firmware_bytes}; }

    constexpr uint32_t journal_bytes() const {
        const uint32_t marks = 2 * (firmware_bytes / Flash::kBlockBytes) * Flash::kGranuleBytes;
        return (marks + Flash::kBlockBytes - 1) / Flash::kBlockBytes * Flash::kBlockBytes;
    }
};

/// Who the device is and whom it trusts.
struct Identity {
    Uuid vendor;
    Uuid hardware_class;
    std::string_view device;
    PublicKey root;  ///< signs key lists
};

}  // namespace ganglion::update
