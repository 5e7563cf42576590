#include "device/update/envelope.hpp"

#include <algorithm>

#include "device/event/cbor.hpp"

namespace ganglion::update {
namespace {

constexpr uint8_t kEmptyMap = 0xa0;
constexpr size_t kSignatureBytes = 64;

// Head of a byte string, in the shortest form.
size_t bytes_head(uint8_t (&head)[3], size_t bytes) {
    if (bytes < 24) {
        head[0] = static_cast<uint8_t>(0x40 + bytes);
        return 1;
    }
    if (bytes < 256) {
        head[0] = 0x58;
        head[1] = static_cast<uint8_t>(bytes);
        return 2;
    }
    head[0] = 0x59;
    head[1] = static_cast<uint8_t>(bytes >> 8);
    head[2] = static_cast<uint8_t>(bytes);
    return 3;
}

void add_bytes(Hash& hash, std::span<const uint8_t> bytes) {
    uint8_t head[3];
    hash.add({head, bytes_head(head, bytes.size())});
    hash.add(bytes);
}

}  // namespace

Status Envelope::open(std::span<const uint8_t> bytes) {
    if (bytes.size() > kMaxEnvelope) return Status::too_large;
    const size_t fixed = kEnvelopePrefix.size() + key.size() + 1;
    if (bytes.size() < fixed) return Status::truncated;
    if (!std::equal(kEnvelopePrefix.begin(), kEnvelopePrefix.end(), bytes.begin()) ||
        bytes[fixed - 1] != kEmptyMap)
        return Status::bad_magic;
    std::copy_n(bytes.begin() + kEnvelopePrefix.size(), key.size(), key.begin());
    CborReader in(bytes.subspan(fixed));
    if (!in.bytes(payload) || !in.bytes(signature)) return Status::truncated;
    return signature.size() == kSignatureBytes && in.at_end() ? Status::ok : Status::bad_value;
}

Digest signed_digest(std::string_view purpose, const KeyId& key, std::span<const uint8_t> payload,
                     const Crypto& crypto) {
    static constexpr uint8_t kContext[] = {0x84, 0x6a, 'S', 'i', 'g', 'n',
                                           'a',  't',  'u', 'r', 'e', '1'};
    Hash hash(crypto);
    hash.add(kContext);
    // The protected header as a byte string, as in the envelope from its third byte on.
    hash.add(std::span(kEnvelopePrefix).subspan(2));
    hash.add(key);
    add_bytes(hash, {reinterpret_cast<const uint8_t*>(purpose.data()), purpose.size()});
    add_bytes(hash, payload);
    return hash.finish();
}

Status Envelope::verify(std::string_view purpose, const PublicKey& signer,
                        const Crypto& crypto) const {
    const Digest digest = signed_digest(purpose, key, payload, crypto);
    return signature.size() == kSignatureBytes &&
                   crypto.verify(crypto.context, signer, digest, signature.first<kSignatureBytes>())
               ? Status::ok
               : Status::bad_signature;
}

}  // namespace ganglion::update
