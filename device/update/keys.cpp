#include "device/update/keys.hpp"

#include <algorithm>

#include "device/event/map_reader.hpp"

namespace ganglion::update {
namespace {

constexpr uint32_t kStructureVersion = 1;

bool read_key(CborReader& in, KeyList::Key& key, const Crypto& crypto) {
    return read_map(in, 0b1, [&](uint64_t number) {
        std::span<const uint8_t> point;
        switch (number) {
            case 0:
                if (!in.bytes(point) || point.size() != key.point.size()) return false;
                std::copy(point.begin(), point.end(), key.point.begin());
                key.id = key_id_of(key.point, crypto);
                return true;
            case 1:
                return in.boolean(key.revoked);
            default:
                return false;
        }
    });
}

}  // namespace

KeyId key_id_of(const PublicKey& key, const Crypto& crypto) {
    const Digest digest = sha256(crypto, key);
    KeyId id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

Status KeyList::parse(std::span<const uint8_t> bytes, const PublicKey& root, const Crypto& crypto) {
    *this = KeyList();
    Envelope envelope;
    if (const Status status = envelope.open(bytes); status != Status::ok) return status;
    if (envelope.key != key_id_of(root, crypto)) return Status::bad_signature;
    Status status = envelope.verify(kKeyListPurpose, root, crypto);
    if (status != Status::ok) return status;

    KeyList read;
    uint32_t structure = 0;
    CborReader in(envelope.payload);
    const bool good = read_map(in, 0b111, [&](uint64_t number) {
        size_t items = 0;
        switch (number) {
            case 0:
                return in.uint(structure);
            case 1:
                return in.uint(read.version_) && read.version_ != 0;
            case 2:
                if (!in.array(items) || items == 0 || items > kMaxKeys) return false;
                for (; read.count_ < items; ++read.count_)
                    if (!read_key(in, read.keys_[read.count_], crypto)) return false;
                return true;
            default:
                return false;
        }
    });
    if (!good || structure != kStructureVersion || !in.at_end()) return Status::bad_value;
    *this = read;
    return Status::ok;
}

const KeyList::Key* KeyList::find(const KeyId& id) const {
    for (const Key& key : std::span(keys_).first(count_))
        if (key.id == id) return &key;
    return nullptr;
}

}  // namespace ganglion::update
