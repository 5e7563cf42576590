#include "update/package.hpp"

#include <algorithm>
#include <stdexcept>

#include "compile/bundle_signature.hpp"
#include "device/event/cbor.hpp"
#include "device/update/envelope.hpp"
#include "update/delta_maker.hpp"
#include "update/host_crypto.hpp"

namespace ganglion::update {
namespace {

using Bytes = std::vector<uint8_t>;

std::span<const uint8_t> view(const auto& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

// What is signed, as bytes: the device only ever hashes it.
Bytes signed_message(std::string_view purpose, const KeyId& key, std::span<const uint8_t> payload) {
    Bytes message;
    const Crypto collect{
        .context = &message,
        .hash_start = [](void*) {},
        .hash_add =
            [](void* context, std::span<const uint8_t> bytes) {
                auto& to = *static_cast<Bytes*>(context);
                to.insert(to.end(), bytes.begin(), bytes.end());
            },
        .hash_finish = [](void*, Digest&) {},
        .verify = nullptr,
    };
    signed_digest(purpose, key, payload, collect);
    return message;
}

void write_version(CborWriter& out, const Version& version) {
    out.array(version.size());
    for (const uint32_t number : version) out.uint(number);
}

void write_payload(CborWriter& out, const Payload& payload, const Bytes& index_digests) {
    const bool delta = payload.format == Format::delta;
    out.map(delta ? 4 : 3);
    out.uint(0);
    out.uint(static_cast<uint8_t>(payload.format));
    out.uint(1);
    out.uint(payload.bytes);
    out.uint(2);
    out.bytes(std::span<const uint8_t>(index_digests));
    if (!delta) return;
    out.uint(3);
    out.bytes(view(payload.base));
}

void write_health(CborWriter& out, const HealthRule& rule) {
    const bool scores = rule.max_distance_permille < 1000;
    out.map(scores ? 8 : 6);
    const uint32_t numbers[] = {rule.starts, rule.min_ms, rule.max_ms, rule.min_inferences,
                                rule.max_alerts_permille};
    uint32_t key = 0;
    for (const uint32_t number : numbers) {
        out.uint(key++);
        out.uint(number);
    }
    out.uint(key++);
    out.boolean(rule.reconnect);
    if (!scores) return;
    out.uint(key++);
    out.array(rule.scores.size());
    for (const uint16_t share : rule.scores) out.uint(share);
    out.uint(key++);
    out.uint(rule.max_distance_permille);
}

Bytes write_manifest(const Manifest& manifest, const Bytes& index_digests) {
    Bytes bytes(kMaxEnvelope);
    CborWriter out(bytes);
    out.map(10 + (manifest.device_bytes != 0 ? 1U : 0U) +
            (manifest.dependency_count != 0 ? 1U : 0U) + (manifest.downgrade ? 1U : 0U));
    out.uint(0);
    out.uint(1);
    out.uint(1);
    out.uint(manifest.sequence);
    out.uint(2);
    out.bytes(view(manifest.vendor));
    out.uint(3);
    out.bytes(view(manifest.hardware_class));
    if (manifest.device_bytes != 0) {
        out.uint(4);
        out.text(manifest.device_id());
    }
    out.uint(5);
    out.uint(static_cast<uint8_t>(manifest.component));
    out.uint(6);
    write_version(out, manifest.version);
    out.uint(7);
    out.uint(manifest.image_bytes);
    out.uint(8);
    out.bytes(view(manifest.image_digest));
    out.uint(9);
    write_payload(out, manifest.payload, index_digests);
    if (manifest.dependency_count != 0) {
        out.uint(10);
        out.array(manifest.dependency_count);
        for (const Dependency& dependency :
             std::span(manifest.dependencies).first(manifest.dependency_count)) {
            out.array(2);
            out.uint(static_cast<uint8_t>(dependency.component));
            write_version(out, dependency.at_least);
        }
    }
    if (manifest.downgrade) {
        out.uint(11);
        out.boolean(true);
    }
    out.uint(12);
    write_health(out, manifest.health);
    bytes.resize(out.ok() ? out.size() : 0);
    return bytes;
}

// Short digests of all pieces of `bytes`, one behind the other.
Bytes piece_digests(const Bytes& bytes, const Crypto& crypto) {
    Bytes digests;
    for (size_t at = 0; at < bytes.size(); at += kPieceBytes) {
        const Digest digest = sha256(
            crypto, std::span(bytes).subspan(at, std::min<size_t>(kPieceBytes, bytes.size() - at)));
        digests.insert(digests.end(), digest.begin(), digest.begin() + sizeof(ShortDigest));
    }
    return digests;
}

}  // namespace

Bytes seal(std::string_view purpose, std::span<const uint8_t> payload,
           const std::string& signing_key_pem) {
    HostCrypto host;
    const KeyId key = key_id_of(public_point_of(signing_key_pem), host.callbacks());
    const auto signature =
        compile::sign_es256(signed_message(purpose, key, payload), signing_key_pem);
    Bytes envelope(kMaxEnvelope);
    CborWriter out(envelope);
    out.encoded(kEnvelopePrefix);
    out.encoded(key);
    out.map(0);
    out.bytes(payload);
    out.bytes(signature);
    if (!out.ok())
        throw std::runtime_error("the signed part is longer than a device takes (" +
                                 std::to_string(kMaxEnvelope) + " bytes)");
    envelope.resize(out.size());
    return envelope;
}

std::span<const uint8_t> Package::piece(uint32_t number) const {
    const uint32_t index_pieces = description.payload.index_pieces();
    const Bytes& from = number < index_pieces ? index : payload;
    const size_t at = size_t{number < index_pieces ? number : number - index_pieces} * kPieceBytes;
    return std::span(from).subspan(at, std::min<size_t>(kPieceBytes, from.size() - at));
}

Package make_package(const Manifest& description, std::span<const uint8_t> image,
                     const std::string& signing_key_pem,
                     std::optional<std::span<const uint8_t>> base) {
    if (image.empty()) throw std::runtime_error("update: the image is empty");
    HostCrypto host;
    const Crypto crypto = host.callbacks();
    Package package;
    package.description = description;
    Manifest& manifest = package.description;
    manifest.image_bytes = static_cast<uint32_t>(image.size());
    manifest.image_digest = sha256(crypto, image);
    if (base) {
        package.payload = make_delta(*base, image);
        manifest.payload.format = Format::delta;
        manifest.payload.base = sha256(crypto, *base);
    } else {
        package.payload.assign(image.begin(), image.end());
        manifest.payload.format = Format::full;
    }
    manifest.payload.bytes = static_cast<uint32_t>(package.payload.size());
    package.index = piece_digests(package.payload, crypto);
    const Bytes payload = write_manifest(manifest, piece_digests(package.index, crypto));
    package.manifest = seal(kManifestPurpose, payload, signing_key_pem);
    Manifest check;
    if (check.parse(payload) != Status::ok)
        throw std::runtime_error(
            "update: the manifest is not one that a device takes; check sequence, sizes and health "
            "rule");
    return package;
}

std::vector<uint8_t> make_key_list(uint32_t version, std::span<const ListedKey> keys,
                                   const std::string& root_key_pem) {
    if (version == 0 || keys.empty() || keys.size() > KeyList::kMaxKeys)
        throw std::runtime_error("update: a key list has a version from 1 on and 1 to " +
                                 std::to_string(KeyList::kMaxKeys) + " keys");
    Bytes payload(kMaxEnvelope);
    CborWriter out(payload);
    out.map(3);
    out.uint(0);
    out.uint(1);
    out.uint(1);
    out.uint(version);
    out.uint(2);
    out.array(keys.size());
    for (const ListedKey& key : keys) {
        out.map(key.revoked ? 2 : 1);
        out.uint(0);
        out.bytes(view(key.point));
        if (!key.revoked) continue;
        out.uint(1);
        out.boolean(true);
    }
    payload.resize(out.size());
    return seal(kKeyListPurpose, payload, root_key_pem);
}

}  // namespace ganglion::update
