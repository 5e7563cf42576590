#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fleet/release/release.hpp"

namespace ganglion::fleet {

/// The fleet's releases, and the key list that its devices shall have. The server holds no key that
/// signs any of it. Safe to call from several threads.
class ReleaseStore {
  public:
    /// Opens the folder or makes it. Throws std::runtime_error naming what cannot be read.
    explicit ReleaseStore(const std::filesystem::path& directory);

    ObjectStore& objects() { return objects_; }

    /// A release whose objects are here. The same again changes nothing. Throws as read_release()
    /// and check_release() do, and where the key list does not name its key, or has revoked it.
    Release add(const std::string& description, const std::string& signature_hex);

    std::vector<Release> list() const;  ///< newest first
    /// By its id or the beginning of it (8 digits or more) where only one begins so.
    std::optional<Release> find(const std::string& id) const;

    /// A newer key list, signed by the root that is given or known from the first list. Throws
    /// std::runtime_error where it is none.
    void set_keys(const std::string& envelope, const std::string& root_hex);
    /// Envelope and version of the key list; empty and 0 where there is none.
    struct Keys {
        std::string envelope;
        uint32_t version = 0;
    };
    Keys keys() const;

  private:
    void read_keys();

    std::filesystem::path directory_;
    ObjectStore objects_;
    mutable std::mutex mutex_;
    std::map<std::string, Release> releases_;  // by id
    std::string key_envelope_;
    uint32_t key_version_ = 0;
    std::vector<std::string> good_keys_;  // points in hex, not revoked; with a list only
};

}  // namespace ganglion::fleet
