#include "fleet/release/release.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "device/update/envelope.hpp"
#include "device/update/keys.hpp"
#include "update/host_crypto.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;

constexpr size_t kMostPackages = 32;

[[noreturn]] void wrong(const std::string& what) {
    throw std::runtime_error("release: " + what);
}

std::span<const uint8_t> view(const std::string& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

json to_json(const std::vector<PackageObjects>& packages) {
    json list = json::array();
    for (const PackageObjects& package : packages) {
        list.push_back({{"manifest", package.manifest},
                        {"index", package.index},
                        {"payload", package.payload},
                        {"base", package.base},
                        {"bytes", package.bytes}});
    }
    return list;
}

std::string digest_in(const json& object, const char* name) {
    std::string digest = object.at(name).get<std::string>();
    if (!is_sha256_hex(digest)) wrong(std::string(name) + " is no SHA-256");
    return digest;
}

std::vector<PackageObjects> read_packages(const json& list) {
    if (!list.is_array() || list.size() > kMostPackages) wrong("packages are no list, or too many");
    std::vector<PackageObjects> packages;
    for (const json& one : list) {
        packages.push_back({digest_in(one, "manifest"), digest_in(one, "index"),
                            digest_in(one, "payload"), one.at("base").get<std::string>(),
                            one.at("bytes").get<uint64_t>()});
        const std::string& base = packages.back().base;
        if (!base.empty() && (base.size() != 16 || bytes_of_hex(base).size() != 8))
            wrong("base is no digest");
    }
    return packages;
}

std::string attachment(const json& object, const char* name) {
    return object.at(name).get<std::string>().empty() ? "" : digest_in(object, name);
}

std::string demand_object(const ObjectStore& objects, const std::string& digest) {
    auto bytes = objects.get(digest);
    if (!bytes) wrong("object " + digest + " is not here: add the objects first");
    return std::move(*bytes);
}

struct Signer {
    update::HostCrypto host;
    update::Crypto crypto = host.callbacks();
    update::PublicKey point{};
};

update::Manifest opened(const PackageObjects& package, const ObjectStore& objects, Signer& signer) {
    const std::string bytes = demand_object(objects, package.manifest);
    update::Envelope envelope;
    update::Manifest manifest;
    if (envelope.open(view(bytes)) != Status::ok ||
        envelope.verify(update::kManifestPurpose, signer.point, signer.crypto) != Status::ok)
        wrong("a manifest is not signed by the release's key");
    if (manifest.parse(envelope.payload) != Status::ok) wrong("a manifest is not to be read");
    const std::string index = demand_object(objects, package.index);
    const std::string payload = demand_object(objects, package.payload);
    if (index.size() != manifest.payload.index_bytes() ||
        payload.size() != manifest.payload.bytes ||
        package.bytes != bytes.size() + index.size() + payload.size())
        wrong("a package has other sizes than its manifest says");
    for (uint32_t chunk = 0; chunk < manifest.payload.chunks(); ++chunk) {
        const size_t at = size_t{chunk} * update::kPieceBytes;
        const update::Digest digest = update::sha256(
            signer.crypto,
            view(payload).subspan(at, std::min<size_t>(update::kPieceBytes, payload.size() - at)));
        if (!std::equal(digest.begin(), digest.begin() + sizeof(update::ShortDigest),
                        view(index).begin() +
                            static_cast<std::ptrdiff_t>(chunk * sizeof(update::ShortDigest))))
            wrong("a chunk is not what its index says");
    }
    return manifest;
}

void check_packages(const std::vector<PackageObjects>& packages, const Release& release,
                    uint32_t sequence, const update::Version& version, const ObjectStore& objects,
                    Signer& signer, std::vector<update::Dependency>& dependencies) {
    std::optional<update::Manifest> first;
    for (const PackageObjects& package : packages) {
        const update::Manifest manifest = opened(package, objects, signer);
        const bool delta = manifest.payload.format == update::Format::delta;
        const std::string base =
            delta ? hex_of(std::span(manifest.payload.base).first(8)) : std::string();
        if (manifest.component != release.component || manifest.sequence != sequence ||
            manifest.version != version || package.base != base)
            wrong("a manifest says something else than the release");
        if (!first) {
            if (delta) wrong("the first package must be the whole image");
            first = manifest;
        }
        if (manifest.image_digest != first->image_digest || manifest.vendor != first->vendor ||
            manifest.hardware_class != first->hardware_class)
            wrong("packages lead to different images");
        dependencies.assign(manifest.dependencies.begin(),
                            manifest.dependencies.begin() + manifest.dependency_count);
    }
}

}  // namespace

std::string hex_of(std::span<const uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::vector<uint8_t> bytes_of_hex(std::string_view text) {
    std::vector<uint8_t> bytes;
    for (size_t at = 0; at < text.size(); at += 2) {
        uint8_t byte = 0;
        const char* const end = text.data() + std::min(at + 2, text.size());
        const auto [stop, error] = std::from_chars(text.data() + at, end, byte, 16);
        if (error != std::errc() || stop != end ||
            end - text.data() != static_cast<ptrdiff_t>(at) + 2)
            wrong("not hexadecimal digits");
        bytes.push_back(byte);
    }
    return bytes;
}

std::string version_text(const update::Version& version) {
    return std::to_string(version[0]) + "." + std::to_string(version[1]) + "." +
           std::to_string(version[2]);
}

update::Version version_of(const std::string& text) {
    update::Version version{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (size_t i = 0; i < version.size(); ++i) {
        const auto [stop, error] = std::from_chars(at, end, version[i]);
        const bool last = i + 1 == version.size();
        if (error != std::errc() || (last ? stop != end : stop == end || *stop != '.'))
            wrong("'" + text + "' is no version: three numbers with dots between, such as 1.2.0");
        at = stop + 1;
    }
    return version;
}

std::string description_of(const Release& release) {
    return json{
        {"name", release.name},
        {"component", release.component == update::Component::bundle ? "bundle" : "firmware"},
        {"sequence", release.sequence},
        {"version", version_text(release.version)},
        {"note", release.note},
        {"packages", to_json(release.packages)},
        {"back_sequence", release.back_sequence},
        {"back_version", version_text(release.back_version)},
        {"back", to_json(release.back)},
        {"card", release.card},
        {"report", release.report},
        {"key", release.key},
        {"created_ms", release.created_ms}}
        .dump();
}

Release read_release(const std::string& description) {
    Release release;
    try {
        const json object = json::parse(description);
        release.name = object.at("name").get<std::string>();
        const auto component = object.at("component").get<std::string>();
        if (component != "bundle" && component != "firmware") wrong("unknown component");
        release.component =
            component == "bundle" ? update::Component::bundle : update::Component::firmware;
        release.sequence = object.at("sequence").get<uint32_t>();
        release.version = version_of(object.at("version").get<std::string>());
        release.note = object.at("note").get<std::string>();
        release.packages = read_packages(object.at("packages"));
        release.back_sequence = object.at("back_sequence").get<uint32_t>();
        release.back_version = version_of(object.at("back_version").get<std::string>());
        release.back = read_packages(object.at("back"));
        release.card = attachment(object, "card");
        release.report = attachment(object, "report");
        release.key = object.at("key").get<std::string>();
        release.created_ms = object.at("created_ms").get<int64_t>();
    } catch (const json::exception& error) {
        wrong(std::string("the description is not to be read: ") + error.what());
    }
    if (description_of(release) != description) wrong("the description is not in its one form");
    if (release.name.empty() || release.name.size() > 64) wrong("a name has 1 to 64 bytes");
    if (release.packages.empty()) wrong("there is no package");
    if (release.back.empty() != (release.back_sequence == 0) ||
        (!release.back.empty() && release.back_sequence <= release.sequence))
        wrong("the way back needs a higher sequence than the release");
    release.id = sha256_hex(description);
    return release;
}

void check_release(Release& release, const std::string& signature_hex, const ObjectStore& objects) {
    Signer signer;
    const std::vector<uint8_t> point = bytes_of_hex(release.key);
    const std::vector<uint8_t> signature = bytes_of_hex(signature_hex);
    if (point.size() != signer.point.size() || signature.size() != 64)
        wrong("key or signature have another length");
    std::copy(point.begin(), point.end(), signer.point.begin());
    const std::string description = description_of(release);
    if (!signer.crypto.verify(signer.crypto.context, signer.point,
                              update::sha256(signer.crypto, view(description)),
                              std::span<const uint8_t, 64>(signature)))
        wrong("the description is not signed by the release's key");
    check_packages(release.packages, release, release.sequence, release.version, objects, signer,
                   release.dependencies);
    std::vector<update::Dependency> ignored;
    check_packages(release.back, release, release.back_sequence, release.back_version, objects,
                   signer, ignored);
    for (const std::string& digest : {release.card, release.report})
        if (!digest.empty()) demand_object(objects, digest);
}

}  // namespace ganglion::fleet
