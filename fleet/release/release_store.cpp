#include "fleet/release/release_store.hpp"

#include <algorithm>
#include <stdexcept>

#include "device/event/cbor.hpp"
#include "device/update/keys.hpp"
#include "fleet/base/files.hpp"
#include "update/host_crypto.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kShortestId = 8;

std::span<const uint8_t> view(const std::string& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

/// The points of a key list that was verified: {2: [{0: point, ? 1: revoked}]}.
std::vector<std::string> good_points(std::span<const uint8_t> payload) {
    std::vector<std::string> points;
    CborReader in(payload);
    size_t pairs = 0;
    in.map(pairs);
    for (size_t i = 0; i < pairs; ++i) {
        uint32_t key = 0;
        in.uint(key);
        if (key != 2) {
            in.skip();
            continue;
        }
        size_t count = 0;
        in.array(count);
        for (size_t k = 0; k < count; ++k) {
            size_t fields = 0;
            in.map(fields);
            std::span<const uint8_t> point;
            bool revoked = false;
            for (size_t f = 0; f < fields; ++f) {
                uint32_t field = 0;
                in.uint(field);
                if (field == 0)
                    in.bytes(point);
                else
                    in.boolean(revoked);
            }
            if (!revoked) points.push_back(hex_of(point));
        }
    }
    return points;
}

}  // namespace

ReleaseStore::ReleaseStore(const std::filesystem::path& directory)
    : directory_(directory), objects_(directory / "objects") {
    create_private_directory(directory_ / "signed");
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / "signed")) {
        if (entry.path().extension() != ".json") continue;
        Release release = read_release(read_file(entry.path()));
        auto signature = entry.path();
        check_release(release, read_file(signature.replace_extension(".signature")), objects_);
        releases_.emplace(release.id, std::move(release));
    }
    if (std::filesystem::exists(directory_ / "keys")) read_keys();
}

void ReleaseStore::read_keys() {
    const std::string root = read_file(directory_ / "root");
    const std::string envelope = read_file(directory_ / "keys");
    update::HostCrypto host;
    const auto bytes = bytes_of_hex(root);
    update::PublicKey point{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), point.size()), point.begin());
    update::KeyList list;
    update::Envelope opened;
    if (list.parse(view(envelope), point, host.callbacks()) != Status::ok ||
        opened.open(view(envelope)) != Status::ok)
        throw std::runtime_error((directory_ / "keys").string() + ": is damaged");
    key_envelope_ = envelope;
    key_version_ = list.version();
    good_keys_ = good_points(opened.payload);
}

Release ReleaseStore::add(const std::string& description, const std::string& signature_hex) {
    Release release = read_release(description);
    check_release(release, signature_hex, objects_);
    const std::lock_guard lock(mutex_);
    if (key_version_ != 0 && std::ranges::find(good_keys_, release.key) == good_keys_.end())
        throw std::runtime_error(
            "release: its key is not in the fleet's key list, or revoked there: no device would "
            "take it");
    for (const auto& [id, other] : releases_) {
        if (id != release.id && other.component == release.component &&
            other.name == release.name && other.sequence >= release.sequence)
            throw std::runtime_error("release: sequence " + std::to_string(release.sequence) +
                                     " is not above that of " + id.substr(0, 12) +
                                     ": devices that have that one would refuse it");
    }
    // The signature first: a description without one is not read.
    const auto base = directory_ / "signed" / release.id;
    write_private_file(base.string() + ".signature", signature_hex);
    write_private_file(base.string() + ".json", description);
    releases_.insert_or_assign(release.id, release);
    return release;
}

std::vector<Release> ReleaseStore::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<Release> all;
    for (const auto& [id, release] : releases_) all.push_back(release);
    std::ranges::sort(all, [](const Release& a, const Release& b) {
        return std::pair(a.created_ms, a.sequence) > std::pair(b.created_ms, b.sequence);
    });
    return all;
}

std::optional<Release> ReleaseStore::find(const std::string& id) const {
    if (id.size() < kShortestId) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto first = releases_.lower_bound(id);
    if (first == releases_.end() || !first->first.starts_with(id)) return std::nullopt;
    const auto next = std::next(first);
    if (next != releases_.end() && next->first.starts_with(id)) return std::nullopt;
    return first->second;
}

void ReleaseStore::set_keys(const std::string& envelope, const std::string& root_hex) {
    const std::lock_guard lock(mutex_);
    const bool known = std::filesystem::exists(directory_ / "root");
    const std::string root = known ? read_file(directory_ / "root") : root_hex;
    if (known && root != root_hex)
        throw std::runtime_error("keys: this fleet's devices trust another root");
    const std::vector<uint8_t> bytes = bytes_of_hex(root);
    update::PublicKey point{};
    if (bytes.size() != point.size()) throw std::runtime_error("keys: the root is no P-256 point");
    std::copy(bytes.begin(), bytes.end(), point.begin());
    update::HostCrypto host;
    update::KeyList list;
    if (list.parse(view(envelope), point, host.callbacks()) != Status::ok)
        throw std::runtime_error("keys: the list is not signed by that root, or not to be read");
    if (list.version() < key_version_)
        throw std::runtime_error("keys: version " + std::to_string(key_version_) +
                                 " is here already: give the list a higher one");
    write_private_file(directory_ / "root", root);
    write_private_file(directory_ / "keys", envelope);
    read_keys();
}

ReleaseStore::Keys ReleaseStore::keys() const {
    const std::lock_guard lock(mutex_);
    return {key_envelope_, key_version_};
}

}  // namespace ganglion::fleet
