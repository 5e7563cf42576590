#include "device/update/installed.hpp"

#include <algorithm>

namespace ganglion::update {

Status read_manifest(const Flash& flash, const Slot& slot, EnvelopeBuffer buffer,
                     StoredManifest& out) {
    const std::span<const uint8_t> bytes = read_blob(flash, slot.offset, buffer);
    if (bytes.empty() || out.envelope.open(bytes) != Status::ok ||
        out.manifest.parse(out.envelope.payload) != Status::ok ||
        out.manifest.image_bytes > slot.room())
        return Status::not_found;
    const auto payload_at = static_cast<uint32_t>(out.envelope.payload.data() - bytes.data());
    out.index_digests =
        slot.offset + kBlobHeaderBytes + payload_at + out.manifest.payload.index_digests_at;
    return Status::ok;
}

bool hash_flash(const Flash& flash, uint32_t offset, uint32_t bytes, const Crypto& crypto,
                Digest& digest) {
    Hash hash(crypto);
    std::array<uint8_t, 64> buffer;
    while (bytes != 0) {
        const auto part = std::span(buffer).first(std::min<size_t>(buffer.size(), bytes));
        if (flash.read(offset, part) != Status::ok) return false;
        hash.add(part);
        offset += static_cast<uint32_t>(part.size());
        bytes -= static_cast<uint32_t>(part.size());
    }
    digest = hash.finish();
    return true;
}

bool image_intact(const Flash& flash, const Slot& slot, const ImageFacts& facts,
                  const Crypto& crypto) {
    Digest digest;
    return facts.image_bytes <= slot.room() &&
           hash_flash(flash, slot.image(), facts.image_bytes, crypto, digest) &&
           digest == facts.image_digest;
}

Status load_keys(const Flash& flash, const Layout& layout, const PublicKey& root,
                 const Crypto& crypto, EnvelopeBuffer buffer, KeyList& keys) {
    keys = KeyList();
    for (uint32_t copy = 0; copy < Layout::kKeyBlocks; ++copy) {
        const auto bytes = read_blob(flash, layout.keys + copy * Flash::kBlockBytes, buffer);
        // The second copy is only newer than the first, or other, where a writing was cut.
        KeyList read;
        if (!bytes.empty() && read.parse(bytes, root, crypto) == Status::ok &&
            read.version() > keys.version())
            keys = read;
    }
    return keys.version() != 0 ? Status::ok : Status::not_found;
}

Status write_area(Flash& flash, uint32_t offset, std::span<const uint8_t> bytes) {
    constexpr uint32_t granule = Flash::kGranuleBytes;
    while (!bytes.empty()) {
        const uint32_t in_block = offset % Flash::kBlockBytes;
        if (in_block == 0)
            if (const Status status = flash.erase(offset); status != Status::ok) return status;
        const size_t room = std::min<size_t>(bytes.size(), Flash::kBlockBytes - in_block);
        const size_t whole = room / granule * granule;
        Status status = Status::ok;
        if (whole != 0) status = program_checked(flash, offset, bytes.first(whole));
        if (status == Status::ok && whole != room) {
            std::array<uint8_t, granule> last;
            last.fill(0xff);
            std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(whole), room - whole, last.begin());
            status = program_checked(flash, offset + static_cast<uint32_t>(whole), last);
        }
        if (status != Status::ok) return status;
        offset += static_cast<uint32_t>(room);
        bytes = bytes.subspan(room);
    }
    return Status::ok;
}

}  // namespace ganglion::update
