#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ganglion::fleet {

/// SHA-256 of bytes in 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
bool is_sha256_hex(std::string_view text);

/// Bytes by their SHA-256, one file each, never changed. Safe to call from several threads and
/// processes. Throws std::runtime_error naming the file where the disk fails.
class ObjectStore {
  public:
    explicit ObjectStore(std::filesystem::path directory);

    /// Returns the digest. What is there already is not written again.
    std::string put(std::string_view bytes);
    bool has(const std::string& digest) const;
    /// Nothing where there is no such object. Throws where the file is not what it is named after.
    std::optional<std::string> get(const std::string& digest) const;
    /// Everything that is kept: digest and bytes.
    std::vector<std::pair<std::string, uint64_t>> list() const;
    /// Nothing where it is not there.
    void remove(const std::string& digest);

  private:
    std::filesystem::path file_of(const std::string& digest) const;

    std::filesystem::path directory_;
};

}  // namespace ganglion::fleet
