#include "fleet/store/open_store.hpp"

#include <stdexcept>

#include "fleet/access/secret.hpp"
#include "fleet/base/files.hpp"
#include "fleet/store/postgres_store.hpp"
#include "fleet/store/sqlite_store.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kNameLength = 16;

}  // namespace

std::unique_ptr<Store> open_store(const std::string& where, const std::filesystem::path& state_dir,
                                  const std::string& organisation) {
    if (where == "sqlite") return std::make_unique<SqliteStore>(state_dir / "fleet.db");
    if (!where.starts_with("postgresql://") && !where.starts_with("postgres://")) {
        throw std::runtime_error("the store is neither sqlite nor a postgresql:// URI: " + where);
    }
    const std::string schema = organisation.empty() ? "ganglion" : "ganglion_" + organisation;
    return std::make_unique<PgStore>(where, server_name(state_dir), schema);
}

std::string server_name(const std::filesystem::path& state_dir) {
    const auto file = state_dir / "server-name";
    if (!std::filesystem::exists(file)) {
        std::string name = new_secret("server-");
        name.resize(kNameLength);
        write_private_file(file, name);
    }
    return read_file(file);
}

}  // namespace ganglion::fleet
