#pragma once

#include "device/update/delta.hpp"
#include "device/update/installed.hpp"

namespace ganglion::update {

/// Brings what a manifest names into its slot: piece by piece in order, each checked before it is
/// written. What is in flash speaks for itself, so there is no progress to be stored: after an
/// interruption resume() looks how far it got.
class Transfer {
  public:
    /// Memory for assemble().
    using Work = std::span<uint8_t, sizeof(DeltaDecoder)>;

    Transfer(Flash& flash, const Layout& layout, const Crypto& crypto)
        : flash_(flash), layout_(layout), crypto_(crypto) {}

    /// For the manifest stored in `slot`. `base`: the slot that a delta is applied to.
    void begin(const StoredManifest& stored, const Slot& slot, const Slot& base,
               uint32_t base_bytes);

    /// Finds what is already there. The erase block written last is taken anew: a cut may have left
    /// it weak though it reads well.
    void resume();

    uint32_t pieces() const { return payload_.pieces(); }
    uint32_t next_piece() const { return next_; }
    bool received() const { return next_ == pieces(); }
    uint32_t piece_bytes(uint32_t piece) const;

    /// Errors: stale (a piece that is there already), unmet (a piece out of order), truncated (its
    /// size), bad_checksum (not what was signed; nothing is written), the flash's.
    Status take(uint32_t piece, std::span<const uint8_t> bytes);

    /// Whether everything received is still in flash as it was signed.
    bool all_intact() const;

    /// Once received(): applies a delta, then checks the whole image. May be repeated. Errors:
    /// unmet (not received), those of DeltaDecoder, bad_checksum, the flash's.
    Status assemble(Work work);

  private:
    bool is_index(uint32_t piece) const { return piece < payload_.index_pieces(); }
    uint32_t place_of(uint32_t piece) const;
    bool expected(uint32_t piece, ShortDigest& digest) const;
    bool intact(uint32_t piece) const;
    Status apply_delta(Work work);

    Flash& flash_;
    const Layout& layout_;
    const Crypto& crypto_;
    Payload payload_;
    Digest image_digest_{};
    uint32_t image_bytes_ = 0;
    uint32_t index_digests_ = 0;
    Slot slot_{};
    Slot base_{};
    uint32_t base_bytes_ = 0;
    uint32_t next_ = 0;
};

}  // namespace ganglion::update
