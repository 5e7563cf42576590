#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fleet/pki/pki.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// A device's wish that cannot be granted; the text gives nothing away that the asker should not
/// know.
class EnrolmentError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct ClaimRow {
    int64_t id = 0;
    std::string device;
    int64_t expires_ms = 0;
    bool used = false;
};

struct CertificateRow {
    std::string serial;
    std::string device;
    int64_t issued_ms = 0, expires_ms = 0;
    int64_t revoked_ms = 0;  ///< 0: it counts
    std::string reason;
};

/// What a device gets: its certificate and the authority's, and a code over both that proves that
/// the server knows the claim's secret.
struct Granted {
    std::string device, certificate_pem, ca_pem, proof;
};

/// Devices get their certificates by themselves; their keys never leave them.
///
/// Claim: an operator makes a code "<number>-<64 hex digits>" for one device, once, for a while.
/// The device makes its key and sends a signing request with HMAC(K, request), K = SHA-256 of the
/// code: who listens cannot use the code for a key of his own, and the answer's HMAC(K, certificate
/// + authority) cannot come from a server that does not know it. The same request again gets the
/// same certificate, since an answer can be lost; any other is refused. Renewal: a request signed
/// with the key of a certificate that counts. The old one counts for a day more. Revocation: the
/// broker learns the list, then the device's connection is ended. Safe to call from several
/// threads.
class Enrolment {
  public:
    using Clock = std::function<int64_t()>;  ///< milliseconds since 1970, UTC
    struct Broker {
        std::function<void()> reload;                   ///< read the revocation list
        std::function<void(const std::string&)> evict;  ///< end this device's connection
    };
    static constexpr int kDays = 397;
    static constexpr int64_t kGraceMs = int64_t{24} * 3600 * 1000;

    /// Writes the revocation list anew, which a restored backup may lack.
    Enrolment(const std::filesystem::path& file, const Pki& pki, Clock clock = {});

    /// Until it is called, revocations wait for the broker's start.
    void set_broker(Broker broker);

    /// The code, shown this once. `replace`: the device has a certificate that counts, which the
    /// new one puts an end to. Throws EnrolmentError.
    std::string add_claim(const std::string& device, int64_t lifetime_ms, bool replace);
    bool remove_claim(int64_t id);
    std::vector<ClaimRow> claims();

    /// Throws EnrolmentError.
    Granted enrol(int64_t claim, const std::string& request_pem, const std::string& proof);
    Granted renew(const std::string& certificate_pem, const std::string& request_pem,
                  const std::string& signature);

    /// Every certificate of the device that counts; how many.
    size_t revoke(const std::string& device, const std::string& reason);
    /// Ends what was superseded long enough ago.
    void sweep();
    std::vector<CertificateRow> certificates(const std::optional<std::string>& device);

  private:
    std::string issue(const std::string& device, const std::string& request_pem);
    size_t revoke_locked(const std::string& device, const std::string& reason);
    void take_over_issued(const std::string& device);
    bool has_certificate(const std::string& device);
    void write_list();

    const Pki& pki_;
    Clock clock_;
    std::mutex mutex_;
    Database database_;
    Broker broker_;
};

/// Both sides: the claim's number and key from its code. Nothing where it is none.
struct ClaimCode {
    int64_t id;
    std::string key;
};
std::optional<ClaimCode> claim_of(const std::string& code);
/// Over what the server answers.
std::string grant_proof(const std::string& key, const std::string& certificate_pem,
                        const std::string& ca_pem);

}  // namespace ganglion::fleet
