#include "device/update/transfer.hpp"

#include <algorithm>
#include <memory>

namespace ganglion::update {
namespace {

bool begins_with(const Digest& digest, const ShortDigest& start) {
    return std::equal(start.begin(), start.end(), digest.begin());
}

}  // namespace

void Transfer::begin(const StoredManifest& stored, const Slot& slot, const Slot& base,
                     uint32_t base_bytes) {
    payload_ = stored.manifest.payload;
    image_digest_ = stored.manifest.image_digest;
    image_bytes_ = stored.manifest.image_bytes;
    index_digests_ = stored.index_digests;
    slot_ = slot;
    base_ = base;
    base_bytes_ = base_bytes;
    next_ = 0;
}

uint32_t Transfer::piece_bytes(uint32_t piece) const {
    const bool index = is_index(piece);
    const uint32_t total = index ? payload_.index_bytes() : payload_.bytes;
    const uint32_t number = index ? piece : piece - payload_.index_pieces();
    return std::min(kPieceBytes, total - number * kPieceBytes);
}

uint32_t Transfer::place_of(uint32_t piece) const {
    if (is_index(piece)) return layout_.index + piece * kPieceBytes;
    const uint32_t start = payload_.format == Format::delta ? layout_.delta : slot_.image();
    return start + (piece - payload_.index_pieces()) * kPieceBytes;
}

bool Transfer::expected(uint32_t piece, ShortDigest& digest) const {
    const uint32_t at = is_index(piece) ? index_digests_ + piece * uint32_t{sizeof digest}
                                        : layout_.index + (piece - payload_.index_pieces()) *
                                                              uint32_t{sizeof digest};
    return flash_.read(at, digest) == Status::ok;
}

bool Transfer::intact(uint32_t piece) const {
    ShortDigest wanted;
    Digest digest;
    return expected(piece, wanted) &&
           hash_flash(flash_, place_of(piece), piece_bytes(piece), crypto_, digest) &&
           begins_with(digest, wanted);
}

void Transfer::resume() {
    next_ = 0;
    while (next_ < pieces() && intact(next_)) ++next_;
    if (next_ == 0) return;
    // Back to the first piece of the block that holds the last good one.
    --next_;
    while (place_of(next_) % Flash::kBlockBytes != 0) --next_;
}

bool Transfer::all_intact() const {
    for (uint32_t piece = 0; piece < next_; ++piece)
        if (!intact(piece)) return false;
    return true;
}

Status Transfer::take(uint32_t piece, std::span<const uint8_t> bytes) {
    if (piece < next_) return Status::stale;
    if (piece > next_ || received()) return Status::unmet;
    if (bytes.size() != piece_bytes(piece)) return Status::truncated;
    ShortDigest wanted;
    if (!expected(piece, wanted)) return Status::io_error;
    if (!begins_with(sha256(crypto_, bytes), wanted)) {
        // Unless the index itself has gone bad in flash meanwhile: then from there again.
        if (!is_index(piece)) {
            const uint32_t index = (piece - payload_.index_pieces()) / kDigestsPerPiece;
            if (!intact(index)) resume();
        }
        return Status::bad_checksum;
    }
    const Status status = write_area(flash_, place_of(piece), bytes);
    if (status == Status::ok) {
        ++next_;
    } else {
        // Within a block nothing can be written twice: from its start again.
        while (place_of(next_) % Flash::kBlockBytes != 0) --next_;
    }
    return status;
}

Status Transfer::apply_delta(Work work) {
    auto* decoder =
        std::construct_at(reinterpret_cast<DeltaDecoder*>(work.data()), flash_, base_.image(),
                          base_bytes_, layout_.delta, payload_.bytes, image_bytes_);
    static_assert(std::is_trivially_destructible_v<DeltaDecoder>);
    std::array<uint8_t, 256> part;
    uint32_t made = 0;
    Status status = Status::ok;
    while (status == Status::ok && made < image_bytes_) {
        const uint32_t count = decoder->next(part, status);
        if (status == Status::ok)
            status = write_area(flash_, slot_.image() + made, std::span(part).first(count));
        made += count;
    }
    return status;
}

Status Transfer::assemble(Work work) {
    if (!received()) return Status::unmet;
    if (payload_.format == Format::delta)
        if (const Status status = apply_delta(work); status != Status::ok) return status;
    Digest digest;
    if (!hash_flash(flash_, slot_.image(), image_bytes_, crypto_, digest)) return Status::io_error;
    return digest == image_digest_ ? Status::ok : Status::bad_checksum;
}

}  // namespace ganglion::update
