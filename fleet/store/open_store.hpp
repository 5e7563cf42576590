#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// `where` is a PostgreSQL URI (postgresql://...), or "sqlite" for "fleet.db" in the state
/// folder. Throws StoreError, std::runtime_error where `where` is neither.
std::unique_ptr<Store> open_store(const std::string& where, const std::filesystem::path& state_dir,
                                  const std::string& organisation = {});

/// What a server is called among those that share a database; made with the first call and kept
/// in the state folder.
std::string server_name(const std::filesystem::path& state_dir);

}  // namespace ganglion::fleet
