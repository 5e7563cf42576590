#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/pki/x509.hpp"

namespace ganglion::fleet {

/// A private key and the certificate that names its owner, as PEM text and as DER bytes (RFC 5915,
/// RFC 5280).
struct Identity {
    std::string id;
    std::string key_pem;
    std::string cert_pem;
    std::string key_der;
    std::string cert_der;
};

/// Writes "<name>.pem" and "<name>.key" into the folder.
void write_identity(const std::filesystem::path& folder, const std::string& name,
                    const Identity& identity);

/// True for 1 to 64 of [A-Za-z0-9._-] that do not begin with a dot: safe as an MQTT topic level, a
/// file name and a word of the broker's configuration.
bool is_valid_device_id(std::string_view id);

/// The fleet's own certificate authority (EC P-256, one level), kept as PEM files in one folder:
///   ca.pem ca.key                the authority
///   broker.pem broker.key        the broker, for 127.0.0.1, 10.0.2.2, localhost and
///   "ganglion-broker" server.pem server.key        the fleet server as the broker's client
///   updates.pem updates.key      its second connection
///   coordinator.pem, .key        its third
///   together.pem, .key           its fourth
///   devices/<id>.pem <id>.key    one per device that the server made the key of
///   nodes/, edges/               of a NATS cluster, where there is one
///   brokers/, servers/           of a broker elsewhere and what shares it, where there is one
///   revoked.pem                  what the broker admits no longer
/// Files are readable by their owner only and written whole or not at all. One Pki object is for
/// one thread; several processes may use one folder, since an identity that exists is never
/// changed.
class Pki {
  public:
    /// Common name and MQTT user name of the server's certificate; no device can have it.
    static constexpr const char* server_id = "ganglion-server";
    /// The same of the server's second connection, which carries updates.
    static constexpr const char* updates_id = "ganglion-updates";
    /// And of its third, which carries summaries and set-points.
    static constexpr const char* coordinator_id = "ganglion-coordinator";
    /// And of its fourth, which carries contributions and priors.
    static constexpr const char* together_id = "ganglion-together";

    /// Opens the authority in `directory`, making what is missing. Throws std::runtime_error on
    /// unreadable files.
    static Pki create(const std::filesystem::path& directory);

    /// The device's identity: the stored one, or a new one. Throws std::runtime_error when the id
    /// is not valid.
    Identity issue_device(const std::string& id);

    /// Of a node of a NATS cluster, by the host that others reach it as; of an edge
    /// ("ganglion-edge-<name>"; to nodes of an installation, an organisation's is
    /// "ganglion-org-<organisation>-edge-<name>"), and of its broker. The stored one, or a new one.
    /// Throw std::runtime_error when it is no name.
    Identity issue_node(const std::string& host);
    Identity issue_edge(const std::string& name, const std::string& organisation = {});
    Identity issue_edge_broker(const std::string& name);
    /// Of a broker elsewhere, by the host that it is reached as, and of a server beside the one
    /// with the authority ("ganglion-server-<name>").
    Identity issue_broker(const std::string& host);
    Identity issue_server(const std::string& name);
    static std::string server_id_of(const std::string& name);
    static std::string edge_id(const std::string& name, const std::string& organisation = {});

    /// A certificate for a device whose key only the device has. Safe to call from several threads.
    /// Throws std::runtime_error where the id or the request (PKCS #10, PEM) is not valid.
    std::string sign_request(const std::string& id, const std::string& request_pem, int days) const;
    /// Replaces the list of what the broker admits no longer.
    void write_revocation_list(const std::vector<std::string>& serials, int64_t issued_s) const;
    std::filesystem::path revocation_file() const { return directory_ / "revoked.pem"; }
    /// A name that devices can have: valid, and not one of the fleet's own, which begin with
    /// "ganglion-".
    static bool can_be_device(const std::string& id);
    const X509* authority() const { return certificate_.get(); }
    /// A short-lived identity with a device's name, in "<directory>/eviction.pem" and ".key": with
    /// it the server takes the device's place at the broker.
    void write_eviction_identity(const std::string& id) const;

    std::string ca_pem() const { return to_pem(certificate_.get()); }
    std::string ca_der() const { return to_der(certificate_.get()); }

    std::filesystem::path ca_file() const { return directory_ / "ca.pem"; }
    std::filesystem::path certificate_file(const std::string& name) const;
    std::filesystem::path key_file(const std::string& name) const;

  private:
    Pki(std::filesystem::path directory, Key key, Certificate certificate);
    Identity load_or_issue(const std::string& name, const std::string& common_name,
                           Purpose purpose);

    std::filesystem::path directory_;
    Key key_;
    Certificate certificate_;
};

}  // namespace ganglion::fleet
