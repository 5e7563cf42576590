#include "device/learn/learned_store.hpp"

#include <algorithm>
#include <cstring>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kMagic = 0x4e52'414c;  // "LARN"
constexpr uint32_t kGranule = Flash::kGranuleBytes;

constexpr uint32_t in_granules(uint32_t bytes) {
    return (bytes + kGranule - 1) / kGranule * kGranule;
}

template <typename Value>
std::span<const uint8_t> bytes_of(const Value& value) {
    return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

struct Trailer {
    uint32_t crc;  // of the payload, continuing the header's
    uint32_t magic;
};
static_assert(sizeof(Trailer) == kGranule);

}  // namespace

Status LearnedStore::payload_is_whole(uint32_t at, const Header& header, bool& whole) const {
    uint32_t crc = header.crc;
    std::array<uint8_t, 64> part;
    for (uint32_t done = 0; done < header.bytes;) {
        const uint32_t size = std::min<uint32_t>(part.size(), header.bytes - done);
        const std::span<uint8_t> into = std::span(part).first(size);
        const Status status = flash_.read(at + sizeof(Header) + done, into);
        if (status != Status::ok) return status;
        crc = crc32(into, crc);
        done += size;
    }
    Trailer trailer;
    const Status status = flash_.read(at + sizeof(Header) + in_granules(header.bytes),
                                      {reinterpret_cast<uint8_t*>(&trailer), sizeof trailer});
    whole = trailer.crc == crc && trailer.magic == kMagic;
    return status;
}

Status LearnedStore::walk(uint32_t half, Newest& newest) const {
    for (uint32_t at = 0; at + kRecordOverhead <= half_bytes_;) {
        const uint32_t here = offset_ + half * half_bytes_ + at;
        Header header;
        Status status = flash_.read(here, {reinterpret_cast<uint8_t*>(&header), sizeof header});
        if (status != Status::ok) return status;
        const uint32_t crc = crc32(bytes_of(header).first(offsetof(Header, crc)));
        // Blank, or torn: nothing behind it can be found.
        if (header.magic != kMagic || header.crc != crc) return Status::ok;
        if (header.bytes > half_bytes_ - at - kRecordOverhead) return Status::ok;
        newest.highest = std::max(newest.highest, header.number);
        bool whole = false;
        status = payload_is_whole(here, header, whole);
        if (status != Status::ok) return status;
        if (whole && (!newest.found || header.number > newest.header.number)) {
            newest.header = header;
            newest.half = half;
            newest.at = here;
            newest.found = true;
        }
        at += kRecordOverhead + in_granules(header.bytes);
    }
    return Status::ok;
}

Status LearnedStore::find(Newest& newest) const {
    newest = {};
    const Status status = walk(0, newest);
    return status != Status::ok ? status : walk(1, newest);
}

Status LearnedStore::load(const Key& key, std::span<uint8_t> learned, uint32_t& bytes) const {
    bytes = 0;
    Newest newest;
    if (const Status status = find(newest); status != Status::ok) return status;
    if (!newest.found || newest.header.key != key || newest.header.bytes > learned.size())
        return Status::ok;
    const Status status =
        flash_.read(newest.at + sizeof(Header), learned.first(newest.header.bytes));
    if (status == Status::ok) bytes = newest.header.bytes;
    return status;
}

Status LearnedStore::make_room(uint32_t record_bytes) {
    if (open_ && next_ + record_bytes <= half_bytes_) return Status::ok;
    if (open_) {
        half_ = 1 - half_;
    } else {
        Newest newest;
        if (const Status status = find(newest); status != Status::ok) return status;
        // A save that was cut may have left a record that reads as whole only now and then: the
        // next number stands above its, too.
        number_ = newest.highest + 1;
        half_ = newest.found ? 1 - newest.half : 0;
    }
    open_ = false;
    for (uint32_t at = 0; at < half_bytes_; at += Flash::kBlockBytes) {
        const Status status = flash_.erase(offset_ + half_ * half_bytes_ + at);
        if (status != Status::ok) return status;
    }
    next_ = 0;
    open_ = true;
    return Status::ok;
}

Status LearnedStore::write(const Header& header, std::span<const uint8_t> learned) {
    const uint32_t start = place();
    Status status = program_checked(flash_, start, bytes_of(header));
    if (status != Status::ok) return status;
    const size_t whole = learned.size() / kGranule * kGranule;
    uint32_t at = start + sizeof(Header);
    if (whole != 0) status = program_checked(flash_, at, learned.first(whole));
    if (status != Status::ok) return status;
    at += static_cast<uint32_t>(whole);
    if (whole != learned.size()) {
        std::array<uint8_t, kGranule> last{};
        std::copy(learned.begin() + static_cast<ptrdiff_t>(whole), learned.end(), last.begin());
        status = program_checked(flash_, at, last);
        if (status != Status::ok) return status;
        at += kGranule;
    }
    const Trailer trailer{crc32(learned, header.crc), kMagic};
    return program_checked(flash_, at, bytes_of(trailer));
}

Status LearnedStore::save(const Key& key, std::span<const uint8_t> learned) {
    if (learned.size() > half_bytes_ - kRecordOverhead) return Status::too_large;
    const auto bytes = static_cast<uint32_t>(learned.size());
    const uint32_t record = kRecordOverhead + in_granules(bytes);
    Status status = make_room(record);
    if (status != Status::ok) return status;
    Header header{kMagic, number_ + 1, bytes, key, 0};
    header.crc = crc32(bytes_of(header).first(offsetof(Header, crc)));
    status = write(header, learned);
    if (status != Status::ok) {
        open_ = false;  // looks anew for the last good record, which it must not erase
        return status;
    }
    number_ = header.number;
    next_ += record;
    return Status::ok;
}

}  // namespace ganglion
