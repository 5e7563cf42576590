#include "fleet/access/access.hpp"

#include <algorithm>
#include <utility>

#include "fleet/access/secret.hpp"
#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kMostName = 64;
constexpr size_t kMostPassword = 1024;
constexpr int64_t kMostLifetimeMs = int64_t{366} * 24 * 3600 * 1000;

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS operators (
    name TEXT PRIMARY KEY, role INTEGER NOT NULL, password TEXT NOT NULL, created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
    digest TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL REFERENCES operators ON DELETE CASCADE,
    label TEXT NOT NULL, scope INTEGER NOT NULL, expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    digest TEXT PRIMARY KEY, owner TEXT NOT NULL REFERENCES operators ON DELETE CASCADE,
    expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

void check_name(const std::string& name) {
    const bool good = !name.empty() && name.size() <= kMostName &&
                      std::all_of(name.begin(), name.end(), [](unsigned char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                                 c == '-' || c == '_' || c == '@';
                      });
    if (!good) throw AccessError("a name is 1 to 64 of a-z, 0-9, '.', '-', '_' and '@'");
}

void check_password(const std::string& password) {
    if (password.size() < Access::kLeastPassword || password.size() > kMostPassword) {
        throw AccessError("a password has " + std::to_string(Access::kLeastPassword) + " to " +
                          std::to_string(kMostPassword) + " bytes");
    }
}

}  // namespace

std::string to_string(Role role) {
    switch (role) {
        case Role::viewer:
            return "viewer";
        case Role::fleet_operator:
            return "operator";
        case Role::owner:
            return "owner";
    }
    return "";
}

Role role_of(std::string_view name) {
    for (Role role : {Role::viewer, Role::fleet_operator, Role::owner}) {
        if (to_string(role) == name) return role;
    }
    throw AccessError("'" + std::string(name) + "' is no role: use viewer, operator or owner");
}

Access::Access(const std::filesystem::path& file, Clock clock, std::string organisation)
    : clock_(clock ? std::move(clock) : Clock(now_ms)),
      organisation_(std::move(organisation)),
      secret_prefix_(organisation_.empty() ? "" : organisation_ + "/"),
      database_(file),
      decoy_hash_(hash_password("nobody's password")) {
    database_.run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    database_.run(kSchema);
}

bool Access::is_open() {
    if (!organisation_.empty()) return false;
    const std::lock_guard lock(mutex_);
    Statement any = database_.prepare("SELECT 1 FROM operators LIMIT 1");
    return !any.step();
}

std::optional<OperatorRow> Access::find(const std::string& name) {
    Statement row = database_.prepare("SELECT role, created_ms FROM operators WHERE name = ?");
    if (!row.bind(name).step()) return std::nullopt;
    return OperatorRow{name, row.number<Role>(0), row.integer(1)};
}

OperatorRow Access::known(const std::string& name) {
    if (auto row = find(name)) return *row;
    throw AccessError("there is no operator '" + name + "'");
}

void Access::keep_an_owner(const OperatorRow& leaving) {
    if (leaving.role != Role::owner) return;
    Statement others = database_.prepare("SELECT 1 FROM operators WHERE role = ? AND name != ?");
    others.bind(static_cast<int64_t>(Role::owner)).bind(leaving.name);
    if (!others.step()) {
        throw AccessError("'" + leaving.name +
                          "' is the last owner: make somebody else an owner first");
    }
}

void Access::add_operator(const std::string& name, Role role, const std::string& password) {
    check_name(name);
    check_password(password);
    const std::string hash = hash_password(password);
    const std::lock_guard lock(mutex_);
    Transaction transaction(database_);
    if (find(name)) throw AccessError("there is an operator '" + name + "' already");
    Statement any = database_.prepare("SELECT 1 FROM operators LIMIT 1");
    if (role != Role::owner && !any.step())
        throw AccessError("the first operator must be an owner, or nobody could add others");
    database_.prepare("INSERT INTO operators (name, role, password, created_ms) VALUES (?,?,?,?)")
        .bind(name)
        .bind(static_cast<int64_t>(role))
        .bind(hash)
        .bind(clock_())
        .run();
    transaction.commit();
}

void Access::set_role(const std::string& name, Role role) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(database_);
    const OperatorRow row = known(name);
    if (role != Role::owner) keep_an_owner(row);
    database_.prepare("UPDATE operators SET role = ? WHERE name = ?")
        .bind(static_cast<int64_t>(role))
        .bind(name)
        .run();
    transaction.commit();
}

void Access::set_password(const std::string& name, const std::string& password) {
    check_password(password);
    const std::string hash = hash_password(password);
    const std::lock_guard lock(mutex_);
    Transaction transaction(database_);
    (void)known(name);
    database_.prepare("UPDATE operators SET password = ? WHERE name = ?")
        .bind(hash)
        .bind(name)
        .run();
    // Whoever knew the old password is out.
    database_.prepare("DELETE FROM sessions WHERE owner = ?").bind(name).run();
    transaction.commit();
}

void Access::remove_operator(const std::string& name) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(database_);
    keep_an_owner(known(name));
    database_.prepare("DELETE FROM operators WHERE name = ?").bind(name).run();
    transaction.commit();
}

std::vector<OperatorRow> Access::operators() {
    const std::lock_guard lock(mutex_);
    Statement rows =
        database_.prepare("SELECT name, role, created_ms FROM operators ORDER BY name");
    std::vector<OperatorRow> list;
    while (rows.step()) list.push_back({rows.text(0), rows.number<Role>(1), rows.integer(2)});
    return list;
}

std::string Access::add_token(const std::string& owner, Role scope, int64_t lifetime_ms,
                              const std::string& label) {
    if (lifetime_ms <= 0 || lifetime_ms > kMostLifetimeMs)
        throw AccessError("a token lives up to 366 days");
    std::string secret = new_secret(secret_prefix_ + "gng_");
    const std::string digest = digest_of(secret);
    const std::lock_guard lock(mutex_);
    Transaction transaction(database_);
    if (known(owner).role < scope) {
        throw AccessError("'" + owner + "' is no " + to_string(scope) +
                          ": a token can do no more than its operator");
    }
    database_
        .prepare(
            "INSERT INTO tokens (digest, id, owner, label, scope, expires_ms) "
            "VALUES (?,?,?,?,?,?)")
        .bind(digest)
        .bind(digest.substr(0, 12))
        .bind(owner)
        .bind(label)
        .bind(static_cast<int64_t>(scope))
        .bind(clock_() + lifetime_ms)
        .run();
    transaction.commit();
    return secret;
}

void Access::revoke_token(const std::string& id) {
    const std::lock_guard lock(mutex_);
    if (database_.prepare("DELETE FROM tokens WHERE id = ?").bind(id).run() == 0)
        throw AccessError("there is no token '" + id + "'");
}

std::vector<TokenRow> Access::tokens() {
    const std::lock_guard lock(mutex_);
    Statement rows = database_.prepare(
        "SELECT id, owner, label, scope, expires_ms FROM tokens ORDER BY owner, id");
    std::vector<TokenRow> list;
    while (rows.step()) {
        list.push_back(
            {rows.text(0), rows.text(1), rows.text(2), rows.number<Role>(3), rows.integer(4)});
    }
    return list;
}

std::optional<std::string> Access::log_in(const std::string& name, const std::string& password) {
    std::string hash = decoy_hash_;
    bool exists = false;
    {
        const std::lock_guard lock(mutex_);
        Statement row = database_.prepare("SELECT password FROM operators WHERE name = ?");
        exists = row.bind(name).step();
        if (exists) hash = row.text(0);
    }
    if (!is_password(password, hash) || !exists) return std::nullopt;
    std::string secret = new_secret(secret_prefix_);
    const std::lock_guard lock(mutex_);
    database_.prepare("DELETE FROM sessions WHERE expires_ms <= ?").bind(clock_()).run();
    // Only while the password is still the one that was tried.
    const int added = database_
                          .prepare(
                              "INSERT INTO sessions (digest, owner, expires_ms) "
                              "SELECT ?, name, ? FROM operators WHERE name = ? AND password = ?")
                          .bind(digest_of(secret))
                          .bind(clock_() + kSessionMs)
                          .bind(name)
                          .bind(hash)
                          .run();
    if (added == 0) return std::nullopt;
    return secret;
}

void Access::log_out(std::string_view session) {
    const std::lock_guard lock(mutex_);
    database_.prepare("DELETE FROM sessions WHERE digest = ?").bind(digest_of(session)).run();
}

std::optional<Caller> Access::caller_of_session(std::string_view session) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT name, role FROM sessions JOIN operators ON owner = name "
        "WHERE digest = ? AND expires_ms > ?");
    if (!row.bind(digest_of(session)).bind(clock_()).step()) return std::nullopt;
    return Caller{row.text(0), row.number<Role>(1)};
}

std::optional<Caller> Access::caller_of_token(std::string_view secret) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT name, min(scope, role), id FROM tokens JOIN operators ON owner = name "
        "WHERE digest = ? AND expires_ms > ?");
    if (!row.bind(digest_of(secret)).bind(clock_()).step()) return std::nullopt;
    return Caller{row.text(0) + " (token " + row.text(2) + ")", row.number<Role>(1)};
}

}  // namespace ganglion::fleet
