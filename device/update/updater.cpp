#include "device/update/updater.hpp"

#include <algorithm>

namespace ganglion::update {

Updater::Updater(Flash& flash, const Layout& layout, const Identity& identity, const Crypto& crypto)
    : flash_(flash),
      layout_(layout),
      identity_(identity),
      crypto_(crypto),
      store_(flash, layout),
      transfer_(flash, layout, crypto) {}

Slot Updater::active_slot(Component component) const {
    return component == Component::bundle ? layout_.bundle[state_[component].active]
                                          : layout_.firmware_slot();
}

Slot Updater::slot_to_fill(Component component) const {
    return component == Component::bundle ? layout_.bundle[state_[component].active ^ 1U]
                                          : layout_.incoming_firmware();
}

Status Updater::commit(const State& next) {
    const Status status = store_.commit(next);
    if (status == Status::ok) state_ = next;
    return status;
}

Status Updater::mount() {
    pending_ = false;
    assembled_ = false;
    if (const Status status = store_.mount(state_); status != Status::ok) return status;
    if (const Status status = mount_keys(); status != Status::ok) return status;
    for (const Component component : {Component::bundle, Component::firmware}) {
        read_installed(component);
        if (!pending_ && find_pending(component)) transfer_.resume();
    }
    return Status::ok;
}

Status Updater::mount_keys() {
    const Status status =
        load_keys(flash_, layout_, identity_.root, crypto_, envelope_buffer(), keys_);
    if (status != Status::ok) return Status::ok;  // no list: nothing can be offered but a list
    // One copy is missing or older where writing the other was cut or it has been damaged.
    for (uint32_t copy = 0; copy < Layout::kKeyBlocks; ++copy) {
        const uint32_t block = layout_.keys + copy * Flash::kBlockBytes;
        const uint32_t other = layout_.keys + (copy ^ 1U) * Flash::kBlockBytes;
        KeyList list;
        const auto bytes = read_blob(flash_, block, envelope_buffer());
        if (!bytes.empty() && list.parse(bytes, identity_.root, crypto_) == Status::ok &&
            list.version() == keys_.version())
            continue;
        // The good one must not be in doubt itself while this one is erased.
        if (settle_blob(flash_, other) != Status::ok) continue;
        const auto good = read_blob(flash_, other, envelope_buffer());
        if (!good.empty()) write_blob(flash_, block, good);
    }
    if (keys_.version() > state_.key_list) {
        State next = state_;
        next.key_list = keys_.version();
        return commit(next);
    }
    // An older list than the newest taken may know a key that has been revoked since.
    if (keys_.version() < state_.key_list) keys_ = KeyList();
    return Status::ok;
}

void Updater::read_installed(Component component) {
    const auto index = static_cast<size_t>(component);
    installed_[index] = Installed();
    trials_[index] = Trial();
    StoredManifest stored;
    if (read_manifest(flash_, active_slot(component), envelope_buffer(), stored) == Status::ok) {
        installed_[index] = {stored.manifest.version, stored.manifest.image_digest,
                             stored.manifest.image_bytes, stored.manifest.sequence,
                             stored.envelope.key};
        trials_[index].rule = stored.manifest.health;
    }
    if (!in_trial(component)) return;
    const bool bundle = component == Component::bundle;
    const Slot other = bundle ? slot_to_fill(component) : layout_.outgoing_firmware();
    if (read_manifest(flash_, other, envelope_buffer(), stored) != Status::ok) return;
    if (bundle) trials_[index].rule = stored.manifest.health;
    trials_[index].other_key = stored.envelope.key;
    trials_[index].known = true;
}

bool Updater::find_pending(Component component) {
    if (state_[component].phase != Phase::confirmed) return false;
    const Slot slot = slot_to_fill(component);
    StoredManifest stored;
    if (read_manifest(flash_, slot, envelope_buffer(), stored) != Status::ok ||
        stored.manifest.component != component || check(stored.manifest) != Status::ok ||
        !takes_key(stored.envelope.key) || settle_blob(flash_, slot.offset) != Status::ok)
        return false;
    manifest_ = stored.manifest;
    pending_key_ = stored.envelope.key;
    transfer_.begin(stored, slot, active_slot(component),
                    installed_[static_cast<size_t>(component)].bytes);
    pending_ = true;
    assembled_ = false;
    return true;
}

Status Updater::take_keys(std::span<const uint8_t> envelope) {
    KeyList list;
    Status status = list.parse(envelope, identity_.root, crypto_);
    if (status != Status::ok) return status;
    if (list.version() <= std::max(keys_.version(), state_.key_list)) return Status::stale;
    for (size_t i = 0; i < kComponents; ++i)
        if ((installed_[i].sequence != 0 && list.find(installed_[i].key) == nullptr) ||
            (trials_[i].known && list.find(trials_[i].other_key) == nullptr))
            return Status::unmet;
    for (uint32_t copy = 0; copy < Layout::kKeyBlocks; ++copy) {
        status = write_blob(flash_, layout_.keys + copy * Flash::kBlockBytes, envelope);
        if (status != Status::ok) return status;
    }
    State next = state_;
    next.key_list = list.version();
    status = commit(next);
    if (status != Status::ok) return status;
    keys_ = list;
    return pending_ && !takes_key(pending_key_) ? give_up(Ended::none) : Status::ok;
}

bool Updater::takes_key(const KeyId& id) const {
    const KeyList::Key* key = keys_.find(id);
    return key != nullptr && !key->revoked;
}

Status Updater::check(const Manifest& manifest) const {
    if (manifest.vendor != identity_.vendor ||
        manifest.hardware_class != identity_.hardware_class ||
        (manifest.device_bytes != 0 && manifest.device_id() != identity_.device))
        return Status::wrong_device;
    const ComponentState& state = state_[manifest.component];
    const Installed& now = installed_[static_cast<size_t>(manifest.component)];
    if (state.phase != Phase::confirmed) return Status::full;
    // Where the state was lost, what is installed still tells.
    if (manifest.sequence <= std::max(state.floor, now.sequence)) return Status::stale;
    if (manifest.version < now.version && !manifest.downgrade) return Status::stale;
    for (const Dependency& needed :
         std::span(manifest.dependencies).first(manifest.dependency_count))
        if (version(needed.component) < needed.at_least) return Status::unmet;
    const Payload& payload = manifest.payload;
    if (manifest.image_bytes > slot_to_fill(manifest.component).room() ||
        payload.index_bytes() > layout_.index_bytes)
        return Status::too_large;
    if (payload.format == Format::delta) {
        if (now.bytes == 0 || payload.base != now.digest) return Status::unmet;
        if (payload.bytes > layout_.delta_bytes) return Status::too_large;
    }
    return Status::ok;
}

bool Updater::is_under_way(std::span<const uint8_t> envelope) const {
    const uint32_t stored = pending_slot().offset + kBlobHeaderBytes;
    for (size_t i = 0; i < envelope.size(); ++i) {
        std::array<uint8_t, 1> byte;
        if (flash_.read(stored + static_cast<uint32_t>(i), byte) != Status::ok ||
            byte[0] != envelope[i])
            return false;
    }
    return true;
}

Status Updater::offer(std::span<const uint8_t> bytes) {
    Envelope envelope;
    if (const Status status = envelope.open(bytes); status != Status::ok) return status;
    if (!takes_key(envelope.key)) return Status::bad_signature;
    Status status = envelope.verify(kManifestPurpose, keys_.find(envelope.key)->point, crypto_);
    Manifest manifest;
    if (status == Status::ok) status = manifest.parse(envelope.payload);
    if (status == Status::ok) status = check(manifest);
    if (status != Status::ok) return status;
    if (pending_) {
        if (manifest.component == manifest_.component && manifest.sequence <= manifest_.sequence)
            return is_under_way(bytes) ? Status::ok : Status::stale;
        // What is under way makes room: the blob of the other component must not come back.
        if (manifest.component != manifest_.component) {
            status = flash_.erase(pending_slot().offset);
            if (status != Status::ok) return status;
        }
        pending_ = false;
    }
    status = write_blob(flash_, slot_to_fill(manifest.component).offset, bytes);
    if (status != Status::ok) return status;
    return find_pending(manifest.component) ? Status::ok : Status::io_error;
}

Status Updater::assemble() {
    if (!pending_) return Status::unmet;
    const Status status = transfer_.assemble(work_);
    assembled_ = status == Status::ok;
    const bool signed_so =
        status != Status::ok && status != Status::io_error && status != Status::unmet;
    if (!signed_so) return status;
    // Bytes that went bad in flash come again; what was signed wrong never gets better.
    if (transfer_.all_intact())
        give_up(Ended::damaged);
    else
        transfer_.resume();
    return status;
}

Status Updater::install() {
    if (!pending_ || !assembled_) return Status::unmet;
    State next = state_;
    ComponentState& component = next[manifest_.component];
    component.floor = manifest_.sequence;
    component.ended = Ended::none;
    component.starts = 0;
    component.phase = Phase::trial;
    if (manifest_.component == Component::firmware) {
        component.phase = Phase::requested;
        const uint32_t now = installed_[static_cast<size_t>(Component::firmware)].bytes;
        component.blocks = now == 0 ? layout_.firmware_bytes / Flash::kBlockBytes
                                    : slot_blocks(std::max(now, manifest_.image_bytes));
    }
    const Status status = commit(next);
    if (status != Status::ok) return status;
    pending_ = false;
    read_installed(manifest_.component);
    return Status::ok;
}

Status Updater::give_up(Ended reason) {
    if (!pending_) return Status::unmet;
    if (reason != Ended::none) {
        State next = state_;
        next[manifest_.component].floor = manifest_.sequence;
        next[manifest_.component].ended = reason;
        if (const Status status = commit(next); status != Status::ok) return status;
        pending_ = false;
        return Status::ok;
    }
    const Status status = flash_.erase(pending_slot().offset);
    if (status == Status::ok) pending_ = false;
    return status;
}

bool Updater::bundle_intact(uint32_t slot, Manifest& manifest) {
    StoredManifest stored;
    if (read_manifest(flash_, layout_.bundle[slot], envelope_buffer(), stored) != Status::ok ||
        stored.manifest.component != Component::bundle)
        return false;
    manifest = stored.manifest;
    return image_intact(flash_, layout_.bundle[slot], manifest, crypto_);
}

// Counts this start and gives the bundle in trial, or ends the trial.
bool Updater::select_trial(BundleChoice& choice) {
    const ComponentState& state = state_[Component::bundle];
    const uint32_t slot = state.active ^ 1U;
    Manifest manifest;
    if (!bundle_intact(slot, manifest)) {
        revert(Component::bundle, Ended::damaged);
        return false;
    }
    choice = {slot, manifest.image_bytes, true};
    if (state.starts < manifest.health.starts) {
        State next = state_;
        ++next[Component::bundle].starts;
        // Not counted, it is not tried: the old one runs, and the trial goes on another time.
        return commit(next) == Status::ok;
    }
    Manifest old;
    if (!bundle_intact(state.active, old)) return true;  // better one in doubt than none
    revert(Component::bundle, Ended::not_confirmed);
    return false;
}

Status Updater::select_bundle(BundleChoice& choice) {
    if (in_trial(Component::bundle) && select_trial(choice)) return Status::ok;
    Manifest manifest;
    const uint32_t active = state_[Component::bundle].active;
    if (bundle_intact(active, manifest)) {
        choice = {active, manifest.image_bytes, false};
        return Status::ok;
    }
    // Damaged in flash. The one before it, where it has not been overwritten yet, was trusted too.
    const uint32_t other = active ^ 1U;
    if (in_trial(Component::bundle) || !bundle_intact(other, manifest) ||
        manifest.sequence > state_[Component::bundle].confirmed)
        return Status::not_found;
    State next = state_;
    next[Component::bundle].active = static_cast<uint8_t>(other);
    next[Component::bundle].confirmed = manifest.sequence;
    next[Component::bundle].ended = Ended::damaged;
    choice = {other, manifest.image_bytes, false};
    if (commit(next) == Status::ok) read_installed(Component::bundle);
    return Status::ok;
}

Status Updater::confirm(Component component) {
    if (!in_trial(component)) return Status::unmet;
    State next = state_;
    ComponentState& state = next[component];
    if (component == Component::bundle) state.active ^= 1U;
    state.phase = Phase::confirmed;
    state.confirmed = state.floor;
    state.starts = 0;
    const Status status = commit(next);
    if (status == Status::ok) read_installed(component);
    return status;
}

Status Updater::revert(Component component, Ended reason) {
    if (!in_trial(component)) return Status::unmet;
    State next = state_;
    ComponentState& state = next[component];
    state.phase = component == Component::bundle ? Phase::confirmed : Phase::restoring;
    state.ended = reason;
    state.starts = 0;
    const Status status = commit(next);
    if (status == Status::ok) read_installed(component);
    return status;
}

}  // namespace ganglion::update
