#include "fleet/release/object_store.hpp"

#include <algorithm>
#include <stdexcept>

#include "fleet/access/secret.hpp"
#include "fleet/base/files.hpp"

namespace ganglion::fleet {

std::string sha256_hex(std::string_view bytes) {
    return digest_of(bytes);
}

bool is_sha256_hex(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

ObjectStore::ObjectStore(std::filesystem::path directory) : directory_(std::move(directory)) {
    create_private_directory(directory_);
}

// Two levels: no folder grows without end.
std::filesystem::path ObjectStore::file_of(const std::string& digest) const {
    return directory_ / digest.substr(0, 2) / digest.substr(2);
}

std::string ObjectStore::put(std::string_view bytes) {
    std::string digest = sha256_hex(bytes);
    if (!has(digest)) {
        create_private_directory(file_of(digest).parent_path());
        write_private_file(file_of(digest), bytes);
    }
    return digest;
}

bool ObjectStore::has(const std::string& digest) const {
    return is_sha256_hex(digest) && std::filesystem::exists(file_of(digest));
}

std::optional<std::string> ObjectStore::get(const std::string& digest) const {
    if (!has(digest)) return std::nullopt;
    std::string bytes = read_file(file_of(digest));
    if (sha256_hex(bytes) != digest)
        throw std::runtime_error(
            file_of(digest).string() +
            ": is damaged (its SHA-256 is not its name); remove it and add the "
            "release again");
    return bytes;
}

std::vector<std::pair<std::string, uint64_t>> ObjectStore::list() const {
    std::vector<std::pair<std::string, uint64_t>> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
        const std::string digest =
            entry.path().parent_path().filename().string() + entry.path().filename().string();
        if (entry.is_regular_file() && is_sha256_hex(digest))
            all.emplace_back(digest, entry.file_size());
    }
    return all;
}

void ObjectStore::remove(const std::string& digest) {
    if (is_sha256_hex(digest)) std::filesystem::remove(file_of(digest));
}

}  // namespace ganglion::fleet
