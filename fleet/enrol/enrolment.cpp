#include "fleet/enrol/enrolment.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "fleet/access/secret.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/base/files.hpp"
#include "fleet/pki/request.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kSecretDigits = 64;
constexpr int64_t kDaySeconds = 86'400;
constexpr const char* kRefused = "the claim is not valid: ask the operator for a new one";

constexpr const char* schema = R"sql(
CREATE TABLE IF NOT EXISTS claims (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    key BLOB NOT NULL,
    replaces INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    request TEXT NOT NULL DEFAULT '',
    certificate TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS certificates (
    serial TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    issued_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    ends_ms INTEGER NOT NULL DEFAULT 0,
    revoked_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS certificates_of_device ON certificates (device);
CREATE TABLE IF NOT EXISTS list (issued_s INTEGER NOT NULL);
)sql";

std::string digest_bytes(const std::string& code) {
    return digest_of("ganglion claim " + code);
}

}  // namespace

std::optional<ClaimCode> claim_of(const std::string& code) {
    const size_t dash = code.find('-');
    if (dash == std::string::npos || code.size() - dash - 1 != kSecretDigits) return std::nullopt;
    ClaimCode claim{0, digest_bytes(code)};
    const auto [end, error] = std::from_chars(code.data(), code.data() + dash, claim.id);
    if (error != std::errc() || end != code.data() + dash) return std::nullopt;
    return claim;
}

std::string grant_proof(const std::string& key, const std::string& certificate_pem,
                        const std::string& ca_pem) {
    return hmac_sha256(key, "grant " + certificate_pem + ca_pem);
}

Enrolment::Enrolment(const std::filesystem::path& file, const Pki& pki, Clock clock)
    : pki_(pki), clock_(clock ? std::move(clock) : Clock(now_ms)), database_(file) {
    database_.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    database_.run(schema);
    write_list();
}

void Enrolment::set_broker(Broker broker) {
    const std::lock_guard lock(mutex_);
    broker_ = std::move(broker);
}

std::string Enrolment::add_claim(const std::string& device, int64_t lifetime_ms, bool replace) {
    if (!Pki::can_be_device(device))
        throw EnrolmentError("that cannot be a device's id: use 1 to 64 of a-z A-Z 0-9 . _ -");
    const std::lock_guard lock(mutex_);
    if (!replace && has_certificate(device)) {
        throw EnrolmentError(device +
                             " has a certificate that counts: revoke it, or say that the new one "
                             "replaces it");
    }
    Transaction transaction(database_);
    database_.prepare("INSERT INTO claims (device, key, replaces, expires_ms) VALUES (?, '', ?, ?)")
        .bind(device)
        .bind(replace ? 1 : 0)
        .bind(clock_() + lifetime_ms)
        .run();
    const int64_t id = database_.last_insert_id();
    std::string code = new_secret(std::to_string(id) + "-");
    database_.prepare("UPDATE claims SET key = ? WHERE id = ?")
        .bind_blob(digest_bytes(code))
        .bind(id)
        .run();
    transaction.commit();
    return code;
}

bool Enrolment::remove_claim(int64_t id) {
    const std::lock_guard lock(mutex_);
    return database_.prepare("DELETE FROM claims WHERE id = ?").bind(id).run() > 0;
}

std::vector<ClaimRow> Enrolment::claims() {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT id, device, expires_ms, certificate <> '' FROM claims WHERE expires_ms > ? ORDER "
        "BY id");
    row.bind(clock_());
    std::vector<ClaimRow> claims;
    while (row.step())
        claims.push_back({row.integer(0), row.text(1), row.integer(2), row.integer(3) != 0});
    return claims;
}

Granted Enrolment::enrol(int64_t claim, const std::string& request_pem, const std::string& proof) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT device, key, replaces, request, certificate FROM claims WHERE id = ? AND "
        "expires_ms > ?");
    if (!row.bind(claim).bind(clock_()).step()) throw EnrolmentError(kRefused);
    const std::string device = row.text(0);
    const std::string key = row.text(1);
    const bool replaces = row.integer(2) != 0;
    const std::string used_for = row.text(3);
    std::string certificate = row.text(4);
    row.reset();
    if (!is_equal(hmac_sha256(key, request_pem), proof)) throw EnrolmentError(kRefused);
    if (certificate.empty()) {
        if (!replaces && has_certificate(device)) throw EnrolmentError(kRefused);
        Transaction transaction(database_);
        if (replaces) revoke_locked(device, "replaced");
        certificate = issue(device, request_pem);
        database_.prepare("UPDATE claims SET request = ?, certificate = ? WHERE id = ?")
            .bind(request_pem)
            .bind(certificate)
            .bind(claim)
            .run();
        transaction.commit();
        if (replaces) {
            write_list();
            if (broker_.reload) broker_.reload();
            if (broker_.evict) broker_.evict(device);
        }
    } else if (used_for != request_pem) {
        throw EnrolmentError(kRefused);
    }
    return {device, certificate, pki_.ca_pem(), grant_proof(key, certificate, pki_.ca_pem())};
}

std::string Enrolment::issue(const std::string& device, const std::string& request_pem) {
    std::string certificate;
    try {
        certificate = pki_.sign_request(device, request_pem, kDays);
    } catch (const std::runtime_error& error) {
        throw EnrolmentError(error.what());
    }
    const CertificateFacts facts = facts_of(certificate_from_pem(certificate).get());
    database_
        .prepare(
            "INSERT INTO certificates (serial, device, issued_ms, expires_ms) VALUES (?,?,?,?)")
        .bind(facts.serial)
        .bind(device)
        .bind(clock_())
        .bind(facts.not_after_ms)
        .run();
    return certificate;
}

Granted Enrolment::renew(const std::string& certificate_pem, const std::string& request_pem,
                         const std::string& signature) {
    constexpr const char* refused = "the certificate does not count: enrol the device again";
    Certificate current;
    Key key;
    try {
        current = certificate_from_pem(certificate_pem);
        key.reset(X509_get_pubkey(current.get()));
    } catch (const std::runtime_error&) {
        throw EnrolmentError(refused);
    }
    const Certificate authority = certificate_from_pem(pki_.ca_pem());
    const CertificateFacts facts = facts_of(current.get());
    if (!is_signed_by(current.get(), authority.get()) || !Pki::can_be_device(facts.common_name) ||
        !is_signature(key.get(), request_pem, signature))
        throw EnrolmentError(refused);
    const std::lock_guard lock(mutex_);
    take_over_issued(facts.common_name);
    Statement counts = database_.prepare(
        "SELECT 1 FROM certificates WHERE serial = ? AND device = ? AND revoked_ms = 0");
    if (!counts.bind(facts.serial).bind(facts.common_name).step()) throw EnrolmentError(refused);
    counts.reset();
    Transaction transaction(database_);
    database_
        .prepare(
            "UPDATE certificates SET ends_ms = ?, reason = 'renewed' WHERE device = ? AND "
            "revoked_ms = 0 AND ends_ms = 0")
        .bind(clock_() + kGraceMs)
        .bind(facts.common_name)
        .run();
    const std::string certificate = issue(facts.common_name, request_pem);
    transaction.commit();
    return {facts.common_name, certificate, pki_.ca_pem(), ""};
}

/// Identities that the server made with their keys are in files; they are written down when first
/// spoken of.
void Enrolment::take_over_issued(const std::string& device) {
    const auto file = pki_.certificate_file("devices/" + device);
    if (!Pki::can_be_device(device) || !std::filesystem::exists(file)) return;
    const CertificateFacts facts = facts_of(certificate_from_pem(read_file(file)).get());
    database_
        .prepare(
            "INSERT OR IGNORE INTO certificates (serial, device, issued_ms, expires_ms) "
            "VALUES (?,?,?,?)")
        .bind(facts.serial)
        .bind(device)
        .bind(clock_())
        .bind(facts.not_after_ms)
        .run();
}

bool Enrolment::has_certificate(const std::string& device) {
    take_over_issued(device);
    return database_
        .prepare(
            "SELECT 1 FROM certificates WHERE device = ? AND revoked_ms = 0 AND expires_ms > "
            "?")
        .bind(device)
        .bind(clock_())
        .step();
}

size_t Enrolment::revoke_locked(const std::string& device, const std::string& reason) {
    take_over_issued(device);
    return static_cast<size_t>(
        database_
            .prepare("UPDATE certificates SET revoked_ms = ?, reason = ? WHERE device = ? AND "
                     "revoked_ms = 0")
            .bind(clock_())
            .bind(reason)
            .bind(device)
            .run());
}

size_t Enrolment::revoke(const std::string& device, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    const size_t revoked = revoke_locked(device, reason);
    if (revoked == 0) return 0;
    write_list();
    if (broker_.reload) broker_.reload();
    if (broker_.evict) broker_.evict(device);
    return revoked;
}

void Enrolment::sweep() {
    const std::lock_guard lock(mutex_);
    const int ended =
        database_
            .prepare(
                "UPDATE certificates SET revoked_ms = ?1 WHERE revoked_ms = 0 AND ends_ms > 0 "
                "AND ends_ms <= ?1")
            .bind(clock_())
            .run();
    if (ended == 0) return;
    write_list();
    if (broker_.reload) broker_.reload();
}

/// Lists grow older by at least a second each, from a day ago: readers take the newest, and one
/// from the future would be none.
void Enrolment::write_list() {
    Statement last = database_.prepare("SELECT coalesce(max(issued_s), 0) FROM list");
    last.step();
    const int64_t issued_s = std::max(clock_() / 1000 - kDaySeconds, last.integer(0) + 1);
    last.reset();
    Statement row = database_.prepare(
        "SELECT serial FROM certificates WHERE revoked_ms > 0 AND expires_ms > ?");
    row.bind(clock_());
    std::vector<std::string> serials;
    while (row.step()) serials.push_back(row.text(0));
    pki_.write_revocation_list(serials, issued_s);
    database_.run("DELETE FROM list");
    database_.prepare("INSERT INTO list VALUES (?)").bind(issued_s).run();
}

std::vector<CertificateRow> Enrolment::certificates(const std::optional<std::string>& device) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT serial, device, issued_ms, expires_ms, revoked_ms, reason FROM certificates WHERE "
        "?1 IS NULL OR device = ?1 ORDER BY issued_ms, serial");
    row.bind_optional(device);
    std::vector<CertificateRow> certificates;
    while (row.step()) {
        certificates.push_back({row.text(0), row.text(1), row.integer(2), row.integer(3),
                                row.integer(4), row.text(5)});
    }
    return certificates;
}

}  // namespace ganglion::fleet
