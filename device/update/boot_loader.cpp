#include "device/update/boot_loader.hpp"

#include "device/update/installed.hpp"

namespace ganglion::update {
Status BootLoader::commit(const State& next) {
    const Status status = store_.commit(next);
    if (status == Status::ok) state_ = next;
    return status;
}

// Manifest, signature and bytes are right. A revoked key still vouches for what it was installed
// with, but not for what is new.
bool BootLoader::may_run(const Slot& slot, bool is_new) {
    std::array<uint8_t, kMaxEnvelope> buffer;
    Envelope envelope;
    if (envelope.open(read_blob(flash_, slot.offset, buffer)) != Status::ok ||
        !facts_.parse(envelope.payload))
        return false;
    const KeyList::Key* key = keys_.find(envelope.key);
    return facts_.component == Component::firmware && facts_.vendor == identity_.vendor &&
           facts_.hardware_class == identity_.hardware_class && key != nullptr &&
           !(is_new && key->revoked) &&
           envelope.verify(kManifestPurpose, key->point, crypto_) == Status::ok &&
           image_intact(flash_, slot, facts_, crypto_);
}

Status BootLoader::begin_restoring(Ended reason, uint32_t blocks) {
    State next = state_;
    ComponentState& firmware = next[Component::firmware];
    firmware.phase = Phase::restoring;
    firmware.ended = reason;
    firmware.blocks = blocks;
    firmware.starts = 0;
    return commit(next);
}

Status BootLoader::step_trial(bool& start) {
    const bool intact = may_run(layout_.firmware_slot(), false);
    State next = state_;
    ComponentState& firmware = next[Component::firmware];
    if (intact && firmware.starts < facts_.starts) {
        ++firmware.starts;
        start = true;
        // A start that cannot be counted is better than none.
        commit(next);
        return Status::ok;
    }
    if (may_run(layout_.outgoing_firmware(), false))
        return begin_restoring(intact ? Ended::not_confirmed : Ended::damaged, firmware.blocks);
    start = intact;  // better one in doubt than none
    return intact ? Status::ok : Status::not_found;
}

Status BootLoader::step_confirmed(bool& start) {
    start = may_run(layout_.firmware_slot(), false);
    if (start) return Status::ok;
    // Damaged in flash. The one before it, where it still waits in staging, was trusted too.
    if (!may_run(layout_.outgoing_firmware(), false) ||
        facts_.sequence > state_[Component::firmware].confirmed)
        return Status::not_found;
    State next = state_;
    ComponentState& firmware = next[Component::firmware];
    firmware.phase = Phase::restoring;
    firmware.ended = Ended::damaged;
    firmware.confirmed = facts_.sequence;
    firmware.blocks = slot_blocks(facts_.image_bytes);
    return commit(next);
}

Status BootLoader::step(bool& start) {
    Swap swap(flash_, layout_);
    State next = state_;
    ComponentState& firmware = next[Component::firmware];
    switch (firmware.phase) {
        case Phase::confirmed:
            return step_confirmed(start);
        case Phase::requested:
            firmware.phase = Phase::confirmed;
            if (!may_run(layout_.incoming_firmware(), true))
                firmware.ended = Ended::damaged;
            else if (swap.clear_journal() != Status::ok)
                firmware.ended = Ended::worn_out;
            else
                firmware.phase = Phase::swapping;
            return commit(next);
        case Phase::swapping:
            if (swap.run(firmware.blocks) != Status::ok)
                return begin_restoring(Ended::worn_out, swap.moved());
            firmware.phase = Phase::trial;
            firmware.starts = 0;
            if (const Status status = commit(next); status != Status::ok) {
                start = may_run(layout_.firmware_slot(), false);
                return start ? Status::ok : status;
            }
            return Status::ok;
        case Phase::trial:
            return step_trial(start);
        case Phase::restoring:
            if (const Status status = swap.restore(firmware.blocks); status != Status::ok)
                return status;
            firmware.phase = Phase::confirmed;
            return commit(next);
    }
    return Status::bad_value;
}

Status BootLoader::run() {
    if (const Status status = store_.mount(state_); status != Status::ok) return status;
    std::array<uint8_t, kMaxEnvelope> buffer;
    load_keys(flash_, layout_, identity_.root, crypto_, buffer, keys_);
    // Longest way: requested, swapping, trial, restoring, confirmed, restoring, confirmed.
    for (int i = 0; i < 8; ++i) {
        bool start = false;
        const Status status = step(start);
        if (status != Status::ok || start) return status;
    }
    return Status::not_found;
}

}  // namespace ganglion::update
