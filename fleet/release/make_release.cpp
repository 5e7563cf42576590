#include "fleet/release/make_release.hpp"

#include "compile/bundle_signature.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::fleet {
namespace {

std::string text_of(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

PackageObjects stored(const update::Package& package, ObjectStore& objects) {
    PackageObjects made;
    made.manifest = objects.put(text_of(package.manifest));
    made.index = objects.put(text_of(package.index));
    made.payload = objects.put(text_of(package.payload));
    if (package.description.payload.format == update::Format::delta)
        made.base = hex_of(std::span(package.description.payload.base).first(8));
    made.bytes = package.bytes();
    return made;
}

std::vector<PackageObjects> packages_of(const update::Manifest& description,
                                        const std::vector<uint8_t>& image,
                                        const std::vector<std::vector<uint8_t>>& bases,
                                        const std::string& key, ObjectStore& objects) {
    std::vector<PackageObjects> packages;
    packages.push_back(stored(update::make_package(description, image, key), objects));
    for (const auto& base : bases) {
        if (base == image) continue;
        const auto delta = update::make_package(description, image, key, base);
        if (delta.bytes() < packages.front().bytes) packages.push_back(stored(delta, objects));
    }
    return packages;
}

}  // namespace

SignedRelease make_release(const ReleaseParts& parts, const std::string& signing_key_pem,
                           ObjectStore& objects, int64_t now_ms) {
    SignedRelease made;
    Release& release = made.release;
    release.name = parts.name;
    release.note = parts.note;
    release.component = parts.description.component;
    release.sequence = parts.description.sequence;
    release.version = parts.description.version;
    release.packages =
        packages_of(parts.description, parts.image, parts.bases, signing_key_pem, objects);
    if (parts.back) {
        update::Manifest back = parts.description;
        back.sequence = release.back_sequence = release.sequence + 1;
        back.version = release.back_version = parts.back_version;
        back.downgrade = true;
        back.dependency_count = 0;
        // What was healthy before is judged by time and contact alone.
        back.health = update::HealthRule{};
        back.health.starts = parts.description.health.starts;
        back.health.reconnect = parts.description.health.reconnect;
        release.back = packages_of(back, *parts.back, {parts.image}, signing_key_pem, objects);
    }
    if (!parts.card.empty()) release.card = objects.put(parts.card);
    if (!parts.report.empty()) release.report = objects.put(parts.report);
    release.key = hex_of(update::public_point_of(signing_key_pem));
    release.created_ms = now_ms;
    made.description = description_of(release);
    release.id = sha256_hex(made.description);
    const std::string& text = made.description;
    made.signature = hex_of(compile::sign_es256(
        {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, signing_key_pem));
    return made;
}

}  // namespace ganglion::fleet
