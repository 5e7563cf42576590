#include "fleet/audit/audit_log.hpp"

#include <fcntl.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

std::string hash_of_nothing() {
    return std::string(64, '0');
}

std::string sha256_hex(const std::string& text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::string hex;
    for (unsigned char byte : digest) {
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
}

std::string canonical(const nlohmann::json& entry) {
    return entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Why a line cannot follow `head`; nothing when it can, and head moves on.
std::optional<std::string> follow(const std::string& line, AuditHead& head) {
    nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("hash") || !entry["hash"].is_string())
        return "it is not an entry";
    const auto hash = entry["hash"].get<std::string>();
    entry.erase("hash");
    if (sha256_hex(canonical(entry)) != hash) return "its content does not fit its hash";
    if (entry.value("previous", "") != head.hash) return "it does not follow the line before it";
    if (entry.value("number", uint64_t{0}) != head.entries + 1)
        return "its number is not " + std::to_string(head.entries + 1);
    head = {head.entries + 1, hash};
    return std::nullopt;
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
    throw std::runtime_error("audit log " + path.string() + ": " + what + ": " +
                             std::strerror(errno));
}

}  // namespace

AuditLog::AuditLog(std::filesystem::path file, Clock clock)
    : path_(std::move(file)), clock_(clock ? std::move(clock) : Clock(now_ms)) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file_ < 0) fail(path_, "cannot be opened");
    const AuditVerdict verdict = verify_audit_log(path_);
    if (verdict.fault) {
        ::close(file_);
        throw std::runtime_error("audit log " + path_.string() + ": line " +
                                 std::to_string(verdict.fault->line) + ": " + verdict.fault->what +
                                 "; somebody changed it: keep a copy, then move it away to begin "
                                 "a new one");
    }
    head_ = verdict.head;
    const auto bytes = static_cast<uint64_t>(std::filesystem::file_size(path_));
    if (bytes == verdict.whole_bytes) return;
    if (::ftruncate(file_, static_cast<off_t>(verdict.whole_bytes)) != 0)
        fail(path_, "its unfinished last line cannot be cut off");
    append({"server", "audit.unfinished", "", {{"bytes", bytes - verdict.whole_bytes}}});
}

AuditLog::~AuditLog() {
    ::close(file_);
}

void AuditLog::append(const AuditEntry& entry) {
    const std::lock_guard lock(mutex_);
    nlohmann::json line{{"action", entry.action}, {"actor", entry.actor},
                        {"detail", entry.detail}, {"number", head_.entries + 1},
                        {"object", entry.object}, {"previous", head_.hash},
                        {"time_ms", clock_()}};
    // What is not UTF-8 is replaced before it is hashed, so that reading gives the same text.
    line = nlohmann::json::parse(canonical(line));
    const std::string hash = sha256_hex(canonical(line));
    line["hash"] = hash;
    write_line(canonical(line) + "\n");
    head_ = {head_.entries + 1, hash};
}

void AuditLog::write_line(const std::string& line) {
    const off_t begin = ::lseek(file_, 0, SEEK_END);
    const ssize_t written = ::write(file_, line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size()) && ::fsync(file_) == 0) return;
    const int error = written >= 0 && written < static_cast<ssize_t>(line.size()) ? ENOSPC : errno;
    // Half a line would hide the next one. Where even this fails, opening cuts it off.
    if (::ftruncate(file_, begin) != 0) errno = error;
    errno = error;
    fail(path_, "cannot be written, so nothing was done");
}

AuditHead AuditLog::head() const {
    const std::lock_guard lock(mutex_);
    return head_;
}

AuditVerdict verify_audit_log(const std::filesystem::path& file,
                              const std::optional<AuditHead>& expected) {
    std::ifstream lines(file, std::ios::binary);
    if (!lines) throw std::runtime_error("audit log " + file.string() + ": cannot be read");
    AuditVerdict verdict{{0, hash_of_nothing()}, std::nullopt, 0};
    bool met = !expected || expected->entries == 0;
    for (std::string line; std::getline(lines, line);) {
        if (lines.eof()) break;  // no newline: unfinished
        if (const auto what = follow(line, verdict.head)) {
            verdict.fault = AuditFault{verdict.head.entries + 1, *what};
            return verdict;
        }
        verdict.whole_bytes += line.size() + 1;
        if (expected && verdict.head.entries == expected->entries)
            met = verdict.head.hash == expected->hash;
    }
    if (!met) {
        const bool is_short = verdict.head.entries < expected->entries;
        verdict.fault = AuditFault{
            is_short ? verdict.head.entries + 1 : expected->entries,
            is_short ? "the log ends before the expected entry " + std::to_string(expected->entries)
                     : "the entry has another hash than expected"};
    }
    return verdict;
}

std::vector<nlohmann::json> read_audit_log(const std::filesystem::path& file, size_t limit) {
    std::ifstream lines(file, std::ios::binary);
    if (!lines) throw std::runtime_error("audit log " + file.string() + ": cannot be read");
    std::deque<nlohmann::json> last;
    for (std::string line; std::getline(lines, line);) {
        nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
        if (!entry.is_object()) continue;
        last.push_back(std::move(entry));
        if (last.size() > limit) last.pop_front();
    }
    return {std::make_move_iterator(last.begin()), std::make_move_iterator(last.end())};
}

}  // namespace ganglion::fleet
