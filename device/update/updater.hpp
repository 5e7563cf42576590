#pragma once

#include "device/update/state.hpp"
#include "device/update/transfer.hpp"

namespace ganglion::update {

/// The updates of a running device: what it takes, transfers, tries, confirms or undoes
/// (docs/update.md). Survives a power cut at or within every flash operation. Bundles are changed
/// here; firmware is brought to the point where the boot loader swaps it (boot_loader.hpp). One
/// transfer at a time. RAM: this object.
class Updater {
  public:
    /// All references must outlive the updater.
    Updater(Flash& flash, const Layout& layout, const Identity& identity, const Crypto& crypto);

    /// Call once after each start, before anything else. Errors: the flash's.
    Status mount();

    struct BundleChoice {
        uint32_t slot = 0;
        uint32_t bytes = 0;  ///< of the image
        bool trial = false;  ///< to be confirmed under health_rule(Component::bundle)
    };
    /// Call once after mount(): the bundle to run. Counts the start of a trial, and ends a trial
    /// that was started too often. The caller loads and proves it as ever; a bundle in trial that
    /// fails then is to be reverted, and select_bundle() called again. Errors: not_found (no slot
    /// holds an intact bundle), the flash's.
    Status select_bundle(BundleChoice& choice);

    /// A new key list. Errors: those of KeyList, stale (not newer), unmet (it does not name a key
    /// that signed what is installed), the flash's.
    Status take_keys(std::span<const uint8_t> envelope);

    /// A manifest: checked and stored, its transfer begun, or gone on with where it is the one
    /// under way. Errors: those of Envelope and Manifest; bad_signature (also an unknown or revoked
    /// key); wrong_device; stale (sequence not above what was installed or is under way; a lower
    /// version not signed as a downgrade); unmet (a dependency or a delta's base); too_large; full
    /// (this component has a trial or a swap under way); the flash's.
    Status offer(std::span<const uint8_t> envelope);

    /// What is under way; null where nothing is.
    const Manifest* pending() const { return pending_ ? &manifest_ : nullptr; }
    Transfer& transfer() { return transfer_; }

    /// Memory in which a caller may receive one piece, key list or manifest before handing it in.
    std::span<uint8_t, kPieceBytes> buffer() { return std::span(work_).first<kPieceBytes>(); }

    /// All pieces received: makes and checks the image. ok: pending_slot() holds it, ready to be
    /// proved (bundle) and installed. A delta or image that is not what was signed is given up, and
    /// its sequence with it. Errors: those of Transfer::assemble.
    Status assemble();
    Slot pending_slot() const { return slot_to_fill(manifest_.component); }

    /// After assemble() in this same start. A bundle: its trial begins with the next
    /// select_bundle(). Firmware: the boot loader swaps at the next start.
    Status install();

    /// Gives up what is under way. With a reason its sequence is never taken again; without, it may
    /// be offered again.
    Status give_up(Ended reason);

    /// Ends a trial well: what runs becomes what is trusted. unmet where no trial is under way.
    Status confirm(Component component);
    /// Ends a trial badly. A bundle: select_bundle() gives the old one again. Firmware: the boot
    /// loader brings the old one back at the next start. unmet where no trial is under way.
    Status revert(Component component, Ended reason);

    const State& state() const { return state_; }
    bool in_trial(Component component) const { return state_[component].phase == Phase::trial; }
    /// Of the image in trial.
    const HealthRule& health_rule(Component component) const {
        return trials_[static_cast<size_t>(component)].rule;
    }
    const Version& version(Component component) const {
        return installed_[static_cast<size_t>(component)].version;
    }
    /// SHA-256 of the image that is trusted (bundle) or runs (firmware): a delta's base.
    const Digest& digest(Component component) const {
        return installed_[static_cast<size_t>(component)].digest;
    }
    const Slot& bundle_slot(uint32_t slot) const { return layout_.bundle[slot]; }
    /// Version of the key list in use; 0: none.
    uint32_t key_list() const { return keys_.version(); }

  private:
    struct Installed {
        Version version{};
        Digest digest{};
        uint32_t bytes = 0;
        uint32_t sequence = 0;
        KeyId key{};
    };
    /// Of an image in trial: its rule, and the key of that image of the two which `installed_` does
    /// not tell of.
    struct Trial {
        HealthRule rule;
        KeyId other_key{};
        bool known = false;
    };

    EnvelopeBuffer envelope_buffer() { return std::span(work_).first<kMaxEnvelope>(); }
    Slot active_slot(Component component) const;
    Slot slot_to_fill(Component component) const;
    Status commit(const State& next);
    void read_installed(Component component);
    Status mount_keys();
    bool takes_key(const KeyId& id) const;
    Status check(const Manifest& manifest) const;
    bool is_under_way(std::span<const uint8_t> envelope) const;
    bool find_pending(Component component);
    bool bundle_intact(uint32_t slot, Manifest& manifest);
    bool select_trial(BundleChoice& choice);

    Flash& flash_;
    const Layout& layout_;
    const Identity& identity_;
    const Crypto& crypto_;
    StateStore store_;
    State state_;
    std::array<Installed, kComponents> installed_;
    std::array<Trial, kComponents> trials_;
    KeyList keys_;
    Manifest manifest_;
    KeyId pending_key_{};
    bool pending_ = false;
    bool assembled_ = false;
    Transfer transfer_;
    alignas(DeltaDecoder) std::array<uint8_t, sizeof(DeltaDecoder)> work_;
    static_assert(sizeof(DeltaDecoder) >= kPieceBytes && sizeof(DeltaDecoder) >= kMaxEnvelope);
};

}  // namespace ganglion::update
