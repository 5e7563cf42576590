#include "fleet/client/enrol_client.hpp"

#include <stdexcept>
#include <system_error>

#include "fleet/base/files.hpp"
#include "fleet/enrol/enrolment.hpp"
#include "fleet/pki/request.hpp"

namespace ganglion::fleet {
namespace {

/// The key of a request that was begun before, or a new one, which is on the disk before it is
/// spoken of.
Key key_for_request(const std::filesystem::path& directory) {
    create_private_directory(directory);
    const auto file = directory / "next.key";
    if (std::filesystem::exists(file)) return key_from_pem(read_file(file));
    Key key = new_key();
    write_private_file(file, to_pem(key.get()));
    return key;
}

/// The request of that key; the same one again, since its signature is random.
std::string request_of(const std::filesystem::path& directory, EVP_PKEY* key) {
    const auto file = directory / "next.csr";
    if (std::filesystem::exists(file)) return read_file(file);
    std::string request = new_request(key, "device");
    write_private_file(file, request);
    return request;
}

void keep(const std::filesystem::path& directory, const std::string& certificate_pem,
          const std::string& ca_pem, EVP_PKEY* key) {
    const Certificate certificate = certificate_from_pem(certificate_pem);
    const Certificate authority = certificate_from_pem(ca_pem);
    if (!is_for_key(certificate.get(), key) || !is_signed_by(certificate.get(), authority.get()))
        throw std::runtime_error("the server's certificate is not for this device's key");
    write_private_file(directory / "ca.pem", ca_pem);
    write_private_file(directory / "device.pem", certificate_pem + to_pem(key));
    std::filesystem::remove(directory / "next.csr");
    std::filesystem::remove(directory / "next.key");
}

}  // namespace

std::string enrol_device(const ApiAddress& address, const std::string& code,
                         const std::filesystem::path& directory) {
    const auto claim = claim_of(code);
    if (!claim) throw std::runtime_error("that is no claim code: copy it whole, NUMBER-LETTERS");
    if (std::filesystem::exists(directory / "device.pem")) {
        throw std::runtime_error(directory.string() +
                                 " holds an identity: renew it, or choose another folder");
    }
    const Key key = key_for_request(directory);
    const std::string request = request_of(directory, key.get());
    const auto answer = call_api(address, "post", address.of_organisation("/api/enrol"),
                                 {{"claim", claim->id},
                                  {"request", request},
                                  {"proof", to_base64(hmac_sha256(claim->key, request))}});
    const auto certificate = answer.at("certificate").get<std::string>();
    const auto ca = answer.at("ca").get<std::string>();
    if (!is_equal(grant_proof(claim->key, certificate, ca),
                  from_base64(answer.at("proof").get<std::string>())))
        throw std::runtime_error("this is not the server that the code came from: nothing is kept");
    keep(directory, certificate, ca, key.get());
    return answer.at("device").get<std::string>();
}

std::string renew_device(const ApiAddress& address, const std::filesystem::path& directory) {
    const std::string identity = read_file(directory / "device.pem");
    const std::string ca = read_file(directory / "ca.pem");
    const Key current = key_from_pem(identity);
    const Key key = key_for_request(directory);
    const std::string request = request_of(directory, key.get());
    const auto answer = call_api(address, "post", address.of_organisation("/api/renew"),
                                 {{"certificate", to_pem(certificate_from_pem(identity).get())},
                                  {"request", request},
                                  {"signature", to_base64(sign(current.get(), request))}});
    keep(directory, answer.at("certificate").get<std::string>(), ca, key.get());
    return answer.at("device").get<std::string>();
}

}  // namespace ganglion::fleet
