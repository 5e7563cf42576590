#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// What somebody may do; each may also do what the ones before may.
enum class Role : uint8_t {
    viewer = 0,          ///< read
    fleet_operator = 1,  ///< and act on devices and releases
    owner = 2,           ///< and decide who may do what
};

/// "viewer", "operator", "owner"; throws AccessError for any other name.
std::string to_string(Role role);
Role role_of(std::string_view name);

/// Who asks.
struct Caller {
    std::string name;  ///< "ada", or "ada (token k3f2)"
    Role role = Role::viewer;
};

struct OperatorRow {
    std::string name;
    Role role;
    int64_t created_ms;
};

/// What an operator lets a program do in his name.
struct TokenRow {
    std::string id;
    std::string owner;  ///< an operator's name
    std::string label;
    Role scope;  ///< at most the operator's own role, also when that is taken down later
    int64_t expires_ms;
};

/// A wish that cannot be granted, with what to do instead.
class AccessError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Operators, their passwords, sessions and tokens, in an SQLite file of their own. While there is
/// no operator everybody on this machine is the owner; the first operator must be one. Passwords
/// are kept as scrypt hashes, secrets of sessions and tokens as SHA-256. Safe to call from several
/// threads. Throws AccessError, or StoreError where the file fails.
class Access {
  public:
    using Clock = std::function<int64_t()>;  ///< milliseconds since 1970, UTC
    static constexpr int64_t kSessionMs = int64_t{12} * 3600 * 1000;
    static constexpr size_t kLeastPassword = 10;

    /// Secrets begin with "<organisation>/" where there is one; then nobody is the owner while
    /// there is no operator.
    explicit Access(const std::filesystem::path& file, Clock clock = {},
                    std::string organisation = {});

    const std::string& organisation() const { return organisation_; }

    /// True while there is no operator; never of an organisation.
    bool is_open();

    void add_operator(const std::string& name, Role role, const std::string& password);
    void set_role(const std::string& name, Role role);
    void set_password(const std::string& name, const std::string& password);
    /// Ends the operator's sessions and tokens with him. The last owner stays.
    void remove_operator(const std::string& name);
    std::vector<OperatorRow> operators();

    /// The token's secret, shown this once.
    std::string add_token(const std::string& owner, Role scope, int64_t lifetime_ms,
                          const std::string& label);
    void revoke_token(const std::string& id);
    std::vector<TokenRow> tokens();

    /// The session's secret; nothing for a wrong name or password, which take equally long.
    std::optional<std::string> log_in(const std::string& name, const std::string& password);
    void log_out(std::string_view session);

    std::optional<Caller> caller_of_session(std::string_view session);
    std::optional<Caller> caller_of_token(std::string_view secret);

  private:
    std::optional<OperatorRow> find(const std::string& name);
    OperatorRow known(const std::string& name);
    void keep_an_owner(const OperatorRow& leaving);

    Clock clock_;
    const std::string organisation_;
    std::string secret_prefix_;
    std::mutex mutex_;
    Database database_;
    std::string decoy_hash_;  ///< tried where there is no such operator
};

}  // namespace ganglion::fleet
