#pragma once

#include "device/update/blob.hpp"
#include "device/update/keys.hpp"
#include "device/update/layout.hpp"
#include "device/update/manifest.hpp"

namespace ganglion::update {

using EnvelopeBuffer = std::span<uint8_t, kMaxEnvelope>;

/// A slot's manifest as it is stored. Views into the buffer it was read with.
struct StoredManifest {
    Envelope envelope;
    Manifest manifest;
    uint32_t index_digests = 0;  ///< offset in flash of the digests of the index's pieces
};

/// Reads the manifest of a slot; its signature was checked before it was stored. Errors: not_found
/// (none, or damaged).
Status read_manifest(const Flash& flash, const Slot& slot, EnvelopeBuffer buffer,
                     StoredManifest& out);

/// SHA-256 of `bytes` from `offset` on. False where the flash cannot be read.
bool hash_flash(const Flash& flash, uint32_t offset, uint32_t bytes, const Crypto& crypto,
                Digest& digest);

/// Whether the slot holds the very image that `facts` name.
bool image_intact(const Flash& flash, const Slot& slot, const ImageFacts& facts,
                  const Crypto& crypto);

/// The newest key list that the root signed, of the two copies in flash. not_found where neither is
/// whole.
Status load_keys(const Flash& flash, const Layout& layout, const PublicKey& root,
                 const Crypto& crypto, EnvelopeBuffer buffer, KeyList& keys);

/// Programs bytes of any number, the last granule filled up with ones, and reads them back. Erases
/// each block when it comes to its start; so areas are written from their start on, in order.
Status write_area(Flash& flash, uint32_t offset, std::span<const uint8_t> bytes);

}  // namespace ganglion::update
