#include "device/outbox/outbox.hpp"

#include <cstring>

#include "device/core/crc32.hpp"
#include "device/event/cbor.hpp"

namespace ganglion {
namespace {

struct BlockHeader {
    uint32_t magic;
    uint32_t number;  ///< counts up from 1 with every block opened
    uint32_t reserved;
    uint32_t crc;
};
static_assert(sizeof(BlockHeader) % Flash::kGranuleBytes == 0);

constexpr uint32_t kBlockMagic = 0x5842544f;  // "OTBX"
constexpr uint64_t kAcknowledged = 0;

uint32_t header_crc(const BlockHeader& header) {
    return crc32({reinterpret_cast<const uint8_t*>(&header), offsetof(BlockHeader, crc)});
}

}  // namespace

/// One event on the flash. Boot and sequence stand in front so that acknowledging need not decode.
struct Outbox::Slot {
    uint32_t crc;  ///< over everything up to `mark`, but this field
    uint32_t boot;
    uint32_t sequence;
    uint32_t bytes;
    std::array<uint8_t, kSlotBytes - 4 * sizeof(uint32_t) - sizeof(uint64_t)> event;
    uint64_t mark;  ///< ones until acknowledged, then kAcknowledged

    uint32_t checksum() const {
        return crc32(
            {reinterpret_cast<const uint8_t*>(&boot), offsetof(Slot, mark) - offsetof(Slot, boot)});
    }
    bool valid() const { return crc == checksum() && bytes <= event.size() && sequence != 0; }
    bool blank() const {
        const auto* byte = reinterpret_cast<const uint8_t*>(this);
        for (size_t i = 0; i < sizeof *this; ++i)
            if (byte[i] != 0xff) return false;
        return true;
    }
};
static_assert(kMaxEventBytes <= Outbox::kSlotBytes - 24);

Outbox::Outbox(Flash& flash, uint32_t offset, uint32_t blocks, OutboxGuard& guard)
    : flash_(flash), offset_(offset), blocks_(blocks), guard_(guard) {
    static_assert(sizeof(Slot) == kSlotBytes && offsetof(Slot, mark) % Flash::kGranuleBytes == 0);
}

uint32_t Outbox::slot_offset(uint32_t block, uint32_t slot) const {
    return offset_ + block * Flash::kBlockBytes + (slot + 1) * kSlotBytes;
}

bool Outbox::read_slot(uint32_t block, uint32_t slot, Slot& into) const {
    return flash_.read(slot_offset(block, slot),
                       {reinterpret_cast<uint8_t*>(&into), sizeof into}) == Status::ok;
}

Status Outbox::mount_block(uint32_t block, bool& valid, uint32_t& number) {
    BlockHeader header;
    const Status status = flash_.read(offset_ + block * Flash::kBlockBytes,
                                      {reinterpret_cast<uint8_t*>(&header), sizeof header});
    if (status != Status::ok) return status;
    valid = header.magic == kBlockMagic && header.number != 0 && header.crc == header_crc(header);
    number = header.number;
    pending_in_block_[block] = 0;
    if (!valid) return Status::ok;
    for (uint32_t i = 0; i < kSlotsPerBlock; ++i) {
        Slot slot;
        if (!read_slot(block, i, slot)) return Status::io_error;
        if (!slot.valid()) continue;
        if (slot.boot > highest_boot_) highest_boot_ = slot.boot;
        if (slot.mark != kAcknowledged) ++pending_in_block_[block];
    }
    pending_ += pending_in_block_[block];
    return Status::ok;
}

Status Outbox::mount() {
    if (blocks_ < 2 || blocks_ > kMaxBlocks) return Status::bad_shape;
    pending_ = 0;
    highest_boot_ = 0;
    newest_number_ = 0;
    next_slot_ = kSlotsPerBlock;
    newest_block_ = blocks_ - 1;
    for (uint32_t block = 0; block < blocks_; ++block) {
        bool valid = false;
        uint32_t number = 0;
        if (const Status status = mount_block(block, valid, number); status != Status::ok)
            return status;
        if (valid && number > newest_number_) {
            newest_number_ = number;
            newest_block_ = block;
        }
    }
    if (newest_number_ == 0) return Status::ok;
    // Behind the last slot that is not blank: a half-written one cannot be used again.
    for (next_slot_ = kSlotsPerBlock; next_slot_ > 0; --next_slot_) {
        Slot slot;
        if (!read_slot(newest_block_, next_slot_ - 1, slot)) return Status::io_error;
        if (!slot.blank()) break;
    }
    if (next_slot_ == kSlotsPerBlock) return Status::ok;
    // Where the power failed the flash may be weak without showing it: the next blank slot is left
    // out, and the header of a block without events is made to last.
    if (next_slot_++ != 0) return Status::ok;
    BlockHeader header;
    const std::span<uint8_t> bytes{reinterpret_cast<uint8_t*>(&header), sizeof header};
    const uint32_t at = offset_ + newest_block_ * Flash::kBlockBytes;
    const Status status = flash_.read(at, bytes);
    return status == Status::ok ? flash_.program(at, bytes) : status;
}

Status Outbox::open_next_block() {
    const uint32_t block = (newest_block_ + 1) % blocks_;
    if (pending_in_block_[block] != 0) return Status::full;
    const uint32_t at = offset_ + block * Flash::kBlockBytes;
    if (const Status status = flash_.erase(at); status != Status::ok) return status;
    BlockHeader header{kBlockMagic, newest_number_ + 1, UINT32_MAX, 0};
    header.crc = header_crc(header);
    const Status status =
        flash_.program(at, {reinterpret_cast<const uint8_t*>(&header), sizeof header});
    if (status != Status::ok) return status;
    newest_block_ = block;
    ++newest_number_;
    next_slot_ = 0;
    return Status::ok;
}

Status Outbox::append(const Event& event) {
    guard_.lock();
    Status status = Status::ok;
    if (next_slot_ == kSlotsPerBlock) status = open_next_block();
    if (status == Status::ok) {
        Slot slot;
        std::memset(&slot, 0xff, sizeof slot);
        CborWriter out(slot.event);
        encode(event, out);
        slot.boot = event.boot;
        slot.sequence = event.sequence;
        slot.bytes = static_cast<uint32_t>(out.size());
        slot.crc = slot.checksum();
        // All but the mark, which stays ones until the acknowledgement.
        status = flash_.program(slot_offset(newest_block_, next_slot_),
                                {reinterpret_cast<const uint8_t*>(&slot), offsetof(Slot, mark)});
        ++next_slot_;
    }
    if (status == Status::ok) {
        ++pending_in_block_[newest_block_];
        ++pending_;
        if (event.boot > highest_boot_) highest_boot_ = event.boot;
    } else {
        ++lost_;
    }
    guard_.unlock();
    return status;
}

size_t Outbox::oldest(std::span<Event> into) const {
    size_t count = 0;
    for (uint32_t i = 1; i <= blocks_ && count < into.size(); ++i) {
        const uint32_t block = (newest_block_ + i) % blocks_;
        // A block with pending events is not erased meanwhile: only the caller's own party
        // acknowledges.
        if (pending_in_block_[block] == 0) continue;
        for (uint32_t s = 0; s < kSlotsPerBlock && count < into.size(); ++s) {
            Slot slot;
            if (!read_slot(block, s, slot) || slot.mark == kAcknowledged || !slot.valid()) continue;
            CborReader in(std::span(slot.event).first(slot.bytes));
            if (decode(in, into[count])) ++count;
        }
    }
    return count;
}

uint32_t Outbox::acknowledge(uint32_t boot, uint32_t through) {
    uint32_t marked = 0;
    for (uint32_t block = 0; block < blocks_; ++block) {
        for (uint32_t s = 0; s < kSlotsPerBlock && pending_in_block_[block] != 0; ++s) {
            guard_.lock();
            Slot slot;
            const bool due = read_slot(block, s, slot) && slot.boot == boot &&
                             slot.sequence <= through && slot.mark != kAcknowledged && slot.valid();
            const uint32_t mark = slot_offset(block, s) + offsetof(Slot, mark);
            const std::array<uint8_t, sizeof(Slot::mark)> zeros{};
            if (due && flash_.program(mark, zeros) == Status::ok) {
                --pending_in_block_[block];
                --pending_;
                ++marked;
            }
            guard_.unlock();
        }
    }
    return marked;
}

}  // namespace ganglion
