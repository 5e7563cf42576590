#include "fleet/pki/pki.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "fleet/base/clock.hpp"
#include "fleet/base/files.hpp"
#include "fleet/pki/request.hpp"

namespace ganglion::fleet {
namespace {

constexpr int kAuthorityDays = 20 * 365;
constexpr int kIdentityDays = 10 * 365;
constexpr int kEvictionDays = 1;
constexpr int64_t kDaySeconds = 86'400;
constexpr std::string_view kOwnPrefix = "ganglion-";

bool is_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

Identity identity_of(const std::string& id, EVP_PKEY* key, X509* certificate) {
    return {id, to_pem(key), to_pem(certificate), to_der(key), to_der(certificate)};
}

/// Runs `read` and puts the file's name in front of what it says.
template <typename Read>
auto reading(const std::filesystem::path& path, Read read) {
    try {
        return read(read_file(path));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(path.string() + ": " + error.what() +
                                 "; restore the file or remove the folder to begin a new fleet");
    }
}

}  // namespace

void write_identity(const std::filesystem::path& folder, const std::string& name,
                    const Identity& identity) {
    write_private_file(folder / (name + ".pem"), identity.cert_pem);
    write_private_file(folder / (name + ".key"), identity.key_pem);
}

bool is_valid_device_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && id.front() != '.' &&
           std::ranges::all_of(id, is_id_character);
}

Pki::Pki(std::filesystem::path directory, Key key, Certificate certificate)
    : directory_(std::move(directory)),
      key_(std::move(key)),
      certificate_(std::move(certificate)) {}

Pki Pki::create(const std::filesystem::path& directory) {
    create_private_directory(directory);
    create_private_directory(directory / "devices");
    const auto key_path = directory / "ca.key";
    const auto certificate_path = directory / "ca.pem";
    Key key;
    Certificate certificate;
    // The certificate is written last: without it a start was cut short and nothing was ever
    // issued.
    if (std::filesystem::exists(certificate_path)) {
        key = reading(key_path, key_from_pem);
        certificate = reading(certificate_path, certificate_from_pem);
        if (X509_check_private_key(certificate.get(), key.get()) != 1) {
            throw std::runtime_error(key_path.string() + " does not belong to " +
                                     certificate_path.string());
        }
    } else {
        key = new_key();
        certificate = new_certificate(key.get(), "Ganglion fleet", Purpose::authority, nullptr,
                                      key.get(), kAuthorityDays);
        write_private_file(key_path, to_pem(key.get()));
        write_private_file(certificate_path, to_pem(certificate.get()));
    }
    Pki pki(directory, std::move(key), std::move(certificate));
    pki.load_or_issue("broker", "ganglion-broker", Purpose::broker);
    pki.load_or_issue("server", server_id, Purpose::client);
    pki.load_or_issue("updates", updates_id, Purpose::client);
    pki.load_or_issue("coordinator", coordinator_id, Purpose::client);
    pki.load_or_issue("together", together_id, Purpose::client);
    if (!std::filesystem::exists(pki.revocation_file()))
        pki.write_revocation_list({}, now_ms() / 1000 - kDaySeconds);
    return pki;
}

Identity Pki::issue_device(const std::string& id) {
    if (!can_be_device(id)) {
        throw std::runtime_error("'" + id +
                                 "' cannot be a device's id: use 1 to 64 of a-z A-Z 0-9 . _ - not "
                                 "beginning with a dot or ganglion-");
    }
    return load_or_issue("devices/" + id, id, Purpose::client);
}

bool Pki::can_be_device(const std::string& id) {
    return is_valid_device_id(id) && !id.starts_with(kOwnPrefix);
}

Identity Pki::issue_node(const std::string& host) {
    if (!is_valid_device_id(host)) throw std::runtime_error("'" + host + "' is no name of a host");
    create_private_directory(directory_ / "nodes");
    return load_or_issue("nodes/" + host, host, Purpose::node);
}

std::string Pki::edge_id(const std::string& name, const std::string& organisation) {
    // Organisations have no dash in their names, so that no two edges have the same.
    std::string id =
        (organisation.empty() ? "ganglion-edge-" : "ganglion-org-" + organisation + "-edge-") +
        name;
    if (name.empty() || !is_valid_device_id(id))
        throw std::runtime_error("'" + name + "' is no name of an edge");
    return id;
}

Identity Pki::issue_edge(const std::string& name, const std::string& organisation) {
    const std::string folder =
        organisation.empty() ? "edges/" : "edges/organisations/" + organisation + "/";
    const std::string id = edge_id(name, organisation);
    create_private_directory(directory_ / folder);
    return load_or_issue(folder + name, id, Purpose::client);
}

Identity Pki::issue_edge_broker(const std::string& name) {
    create_private_directory(directory_ / "edges" / "brokers");
    return load_or_issue("edges/brokers/" + name, "ganglion-broker", Purpose::broker);
}

Identity Pki::issue_broker(const std::string& host) {
    if (!is_valid_device_id(host)) throw std::runtime_error("'" + host + "' is no name of a host");
    create_private_directory(directory_ / "brokers");
    return load_or_issue("brokers/" + host, host, Purpose::broker);
}

std::string Pki::server_id_of(const std::string& name) {
    std::string id = std::string(server_id) + "-" + name;
    if (name.empty() || !is_valid_device_id(id))
        throw std::runtime_error("'" + name + "' is no name of a server");
    return id;
}

Identity Pki::issue_server(const std::string& name) {
    create_private_directory(directory_ / "servers");
    return load_or_issue("servers/" + name, server_id_of(name), Purpose::client);
}

std::string Pki::sign_request(const std::string& id, const std::string& request_pem,
                              int days) const {
    if (!can_be_device(id)) throw std::runtime_error("'" + id + "' cannot be a device's id");
    const Key key = key_of_request(request_pem);
    return to_pem(
        new_certificate(key.get(), id, Purpose::client, certificate_.get(), key_.get(), days)
            .get());
}

void Pki::write_revocation_list(const std::vector<std::string>& serials, int64_t issued_s) const {
    write_private_file(revocation_file(),
                       new_revocation_list(serials, issued_s, certificate_.get(), key_.get()));
}

void Pki::write_eviction_identity(const std::string& id) const {
    const Key key = new_key();
    const Certificate certificate = new_certificate(key.get(), id, Purpose::client,
                                                    certificate_.get(), key_.get(), kEvictionDays);
    write_private_file(key_file("eviction"), to_pem(key.get()));
    write_private_file(certificate_file("eviction"), to_pem(certificate.get()));
}

std::filesystem::path Pki::certificate_file(const std::string& name) const {
    return directory_ / (name + ".pem");
}

std::filesystem::path Pki::key_file(const std::string& name) const {
    return directory_ / (name + ".key");
}

Identity Pki::load_or_issue(const std::string& name, const std::string& common_name,
                            Purpose purpose) {
    const auto key_path = key_file(name);
    const auto certificate_path = certificate_file(name);
    if (std::filesystem::exists(certificate_path)) {
        const Key key = reading(key_path, key_from_pem);
        const Certificate certificate = reading(certificate_path, certificate_from_pem);
        return identity_of(common_name, key.get(), certificate.get());
    }
    const Key key = new_key();
    const Certificate certificate = new_certificate(key.get(), common_name, purpose,
                                                    certificate_.get(), key_.get(), kIdentityDays);
    write_private_file(key_path, to_pem(key.get()));
    write_private_file(certificate_path, to_pem(certificate.get()));
    return identity_of(common_name, key.get(), certificate.get());
}

}  // namespace ganglion::fleet
