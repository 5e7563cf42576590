#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace ganglion::fleet {

/// One thing that somebody did, or that the server decided.
struct AuditEntry {
    std::string actor;   ///< an operator's name, "token <id>", "server"
    std::string action;  ///< "operator.add", "device.revoke", …
    std::string object;  ///< what it was done to; may be empty
    nlohmann::json detail = nlohmann::json::object();
};

/// Where a log ends: enough to prove later that nothing before it was changed or cut off.
struct AuditHead {
    uint64_t entries = 0;
    std::string hash;  ///< of the last entry, 64 hex digits; of nothing: 64 zeros
};

/// What verify_audit_log() found wrong.
struct AuditFault {
    uint64_t line;  ///< the first that does not fit, from 1
    std::string what;
};

/// A log that shows when it was changed afterwards. One JSON object a line:
///   {"action","actor","detail","hash","number","object","previous","time_ms"}
/// with number from 1, previous the hash of the line before, hash the SHA-256 of the object without
/// "hash", in the form of RFC 8785 (keys sorted, no spaces) that nlohmann::json writes. A line is
/// on the disk (fsync) before append() returns. Safe to call from several threads.
class AuditLog {
  public:
    using Clock = std::function<int64_t()>;  ///< milliseconds since 1970, UTC

    /// Opens or creates the file, readable by its owner only. A last line that a power cut left
    /// unfinished is cut off, which the next entry says. Throws std::runtime_error when the file
    /// cannot be written or does not verify.
    explicit AuditLog(std::filesystem::path file, Clock clock = {});
    ~AuditLog();
    AuditLog(const AuditLog&) = delete;
    AuditLog& operator=(const AuditLog&) = delete;

    /// Throws std::runtime_error when it cannot be written, so that what is not logged is not done.
    void append(const AuditEntry& entry);

    AuditHead head() const;

  private:
    void write_line(const std::string& line);

    std::filesystem::path path_;
    Clock clock_;
    int file_ = -1;
    mutable std::mutex mutex_;
    AuditHead head_;
};

/// Reads a log from its beginning. The head where all lines fit each other. `expected`, an earlier
/// head: the log must still contain it. Throws std::runtime_error when the file cannot be read.
struct AuditVerdict {
    AuditHead head;
    std::optional<AuditFault> fault;
    uint64_t whole_bytes = 0;  ///< of complete lines
};
AuditVerdict verify_audit_log(const std::filesystem::path& file,
                              const std::optional<AuditHead>& expected = std::nullopt);

/// The last `limit` entries, newest last. Lines that are no JSON are left out: verify to learn of
/// them.
std::vector<nlohmann::json> read_audit_log(const std::filesystem::path& file, size_t limit);

}  // namespace ganglion::fleet
