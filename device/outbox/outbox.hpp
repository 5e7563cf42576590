#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/event/event.hpp"
#include "device/flash/flash.hpp"

namespace ganglion {

/// Keeps one party out while the other is in the outbox: appending (an interrupt) against
/// acknowledging (the network). Held for one slot's or one block's worth of work at most.
struct OutboxGuard {
    virtual void lock() {}
    virtual void unlock() {}

  protected:
    ~OutboxGuard() = default;
};

/// Events in flash until they are acknowledged. A ring of erase blocks, each a header and 31 slots
/// of 128 bytes; a slot holds one event with a CRC-32 and, in its last granule, whether it is
/// acknowledged (zeros). Guarantees, with the power cut at or within any single flash operation:
///   - an event whose append() returned ok is there after mount() until it is acknowledged;
///   - an event half written is not there;
///   - an acknowledged event may come back once, if the cut fell into its acknowledgement (delivery
///   is at least once).
/// When full, the oldest events stay and the new one is refused and counted. RAM: this object.
class Outbox {
  public:
    static constexpr uint32_t kMaxBlocks = 64;
    static constexpr uint32_t kSlotBytes = 128;
    static constexpr uint32_t kSlotsPerBlock = Flash::kBlockBytes / kSlotBytes - 1;

    /// Uses `blocks` (2..kMaxBlocks) erase blocks of `flash` from `offset` on. `guard` must outlive
    /// the outbox.
    Outbox(Flash& flash, uint32_t offset, uint32_t blocks, OutboxGuard& guard);

    /// Finds what is stored. Call once, before anything else. Errors: the flash's.
    Status mount();

    /// Stores an event behind all others. ok: it is committed. full: no room, counted in lost().
    /// Errors: the flash's.
    Status append(const Event& event);

    /// Copies the oldest events that are not acknowledged, at most `into.size()`; returns how many.
    size_t oldest(std::span<Event> into) const;

    /// Marks the events of `boot` up to and with sequence `through`. Returns how many that were.
    /// Errors of the flash leave events unmarked: they are sent again.
    uint32_t acknowledge(uint32_t boot, uint32_t through);

    uint32_t pending() const { return pending_; }
    uint32_t lost() const { return lost_; }
    /// Events that fit when nothing is pending, at least.
    uint32_t capacity() const { return (blocks_ - 1) * kSlotsPerBlock; }
    /// Highest boot of any event stored, acknowledged or not; 0 where there is none.
    uint32_t highest_boot() const { return highest_boot_; }

  private:
    struct Slot;
    uint32_t slot_offset(uint32_t block, uint32_t slot) const;
    bool read_slot(uint32_t block, uint32_t slot, Slot& into) const;
    Status mount_block(uint32_t block, bool& valid, uint32_t& number);
    Status open_next_block();

    Flash& flash_;
    uint32_t offset_;
    uint32_t blocks_;
    OutboxGuard& guard_;
    std::array<uint8_t, kMaxBlocks> pending_in_block_{};
    uint32_t newest_block_ = 0;
    uint32_t newest_number_ = 0;  ///< 0: no block is open yet
    uint32_t next_slot_ = kSlotsPerBlock;
    uint32_t pending_ = 0;
    uint32_t lost_ = 0;
    uint32_t highest_boot_ = 0;
};

}  // namespace ganglion
