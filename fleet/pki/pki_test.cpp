#include "fleet/pki/pki.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <stdexcept>

#include "fleet/base/files.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

/// Whether a peer that trusts only `ca_pem` accepts the certificate for this use.
bool accepts(const std::string& ca_pem, const std::string& cert_pem, int purpose) {
    const Certificate ca = certificate_from_pem(ca_pem);
    const Certificate certificate = certificate_from_pem(cert_pem);
    X509_STORE* trusted = X509_STORE_new();
    X509_STORE_add_cert(trusted, ca.get());
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, trusted, certificate.get(), nullptr);
    X509_STORE_CTX_set_purpose(context, purpose);
    const bool accepted = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(trusted);
    return accepted;
}

std::string common_name(const std::string& cert_pem) {
    const Certificate certificate = certificate_from_pem(cert_pem);
    std::array<char, 128> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                              name.size());
    return name.data();
}

TEST(Pki, IssuesDeviceCertificatesThatItsOwnFleetAccepts) {
    const TemporaryDirectory directory;
    Pki pki = Pki::create(directory.path());
    const Identity device = pki.issue_device("speaker-1");
    EXPECT_EQ(common_name(device.cert_pem), "speaker-1");
    EXPECT_TRUE(accepts(pki.ca_pem(), device.cert_pem, X509_PURPOSE_SSL_CLIENT));
    EXPECT_FALSE(accepts(pki.ca_pem(), device.cert_pem, X509_PURPOSE_SSL_SERVER));
    const Certificate certificate = certificate_from_pem(device.cert_pem);
    const Key key = key_from_pem(device.key_pem);
    EXPECT_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
}

TEST(Pki, AnotherFleetRejectsTheDevice) {
    const TemporaryDirectory ours;
    const TemporaryDirectory theirs;
    Pki pki = Pki::create(ours.path());
    const Pki other = Pki::create(theirs.path());
    EXPECT_FALSE(
        accepts(other.ca_pem(), pki.issue_device("speaker-1").cert_pem, X509_PURPOSE_SSL_CLIENT));
}

TEST(Pki, ADeviceCannotIssueCertificates) {
    const TemporaryDirectory directory;
    Pki pki = Pki::create(directory.path());
    const Identity device = pki.issue_device("speaker-1");
    const Key forged_key = new_key();
    const Certificate forged = new_certificate(forged_key.get(), "motor-1", Purpose::client,
                                               certificate_from_pem(device.cert_pem).get(),
                                               key_from_pem(device.key_pem).get(), 1);
    EXPECT_FALSE(accepts(device.cert_pem, to_pem(forged.get()), X509_PURPOSE_SSL_CLIENT));
}

TEST(Pki, TheBrokersCertificateNamesEveryAddressItIsReachedAt) {
    const TemporaryDirectory directory;
    const Pki pki = Pki::create(directory.path());
    const std::string pem = read_file(pki.certificate_file("broker"));
    EXPECT_TRUE(accepts(pki.ca_pem(), pem, X509_PURPOSE_SSL_SERVER));
    EXPECT_FALSE(accepts(pki.ca_pem(), pem, X509_PURPOSE_SSL_CLIENT));
    const Certificate certificate = certificate_from_pem(pem);
    for (const char* name : {"localhost", "ganglion-broker"}) {
        EXPECT_EQ(X509_check_host(certificate.get(), name, 0, 0, nullptr), 1) << name;
    }
    for (const char* address : {"127.0.0.1", "10.0.2.2"}) {
        EXPECT_EQ(X509_check_ip_asc(certificate.get(), address, 0), 1) << address;
    }
    EXPECT_EQ(X509_check_ip_asc(certificate.get(), "10.0.2.3", 0), 0);
}

TEST(Pki, DerAndPemAreTheSameIdentity) {
    const TemporaryDirectory directory;
    Pki pki = Pki::create(directory.path());
    const Identity device = pki.issue_device("speaker-1");
    const auto* bytes = reinterpret_cast<const unsigned char*>(device.cert_der.data());
    const Certificate certificate(
        d2i_X509(nullptr, &bytes, static_cast<long>(device.cert_der.size())));
    ASSERT_NE(certificate, nullptr);
    EXPECT_EQ(to_pem(certificate.get()), device.cert_pem);
    const auto* key_bytes = reinterpret_cast<const unsigned char*>(device.key_der.data());
    const Key key(
        d2i_AutoPrivateKey(nullptr, &key_bytes, static_cast<long>(device.key_der.size())));
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
}

TEST(Pki, KeepsItsIdentitiesWhenOpenedAgain) {
    const TemporaryDirectory directory;
    Pki first = Pki::create(directory.path());
    const Identity before = first.issue_device("speaker-1");
    Pki second = Pki::create(directory.path());
    EXPECT_EQ(second.ca_pem(), first.ca_pem());
    EXPECT_EQ(second.issue_device("speaker-1").cert_pem, before.cert_pem);
    EXPECT_EQ(second.issue_device("speaker-1").key_pem, before.key_pem);
}

TEST(Pki, OnlyTheOwnerReadsTheFiles) {
    const TemporaryDirectory directory;
    Pki pki = Pki::create(directory.path());
    pki.issue_device("speaker-1");
    size_t keys = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
        if (!entry.is_regular_file()) continue;
        const auto permissions = entry.status().permissions();
        EXPECT_EQ(permissions,
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
            << entry.path();
        keys += entry.path().extension() == ".key" ? 1 : 0;
    }
    EXPECT_EQ(keys, 7u);  // the authority, the broker, the server four times, the device
}

TEST(Pki, RefusesIdsThatWouldBeMoreThanAName) {
    const TemporaryDirectory directory;
    Pki pki = Pki::create(directory.path());
    for (const std::string id : {"", "+", "#", "a/b", "../ca", ".hidden", "a b", "a\nuser b",
                                 "ganglion-server", "gr\xc3\xbc\xc3\x9f"}) {
        EXPECT_THAT([&] { pki.issue_device(id); },
                    ThrowsMessage<std::runtime_error>(HasSubstr("cannot be a device's id")))
            << id;
    }
    EXPECT_THROW(pki.issue_device(std::string(65, 'a')), std::runtime_error);
    EXPECT_EQ(common_name(pki.issue_device(std::string(64, 'a')).cert_pem), std::string(64, 'a'));
}

TEST(Pki, BeginsAnewWhenTheFirstStartWasCutShort) {
    const TemporaryDirectory directory;
    { Pki::create(directory.path()); }
    std::filesystem::remove(directory.path() / "ca.pem");
    std::filesystem::remove(directory.path() / "broker.pem");
    std::filesystem::remove(directory.path() / "server.pem");
    const Pki pki = Pki::create(directory.path());
    EXPECT_TRUE(
        accepts(pki.ca_pem(), read_file(pki.certificate_file("broker")), X509_PURPOSE_SSL_SERVER));
}

TEST(Pki, DamagedFilesAreNamed) {
    const TemporaryDirectory directory;
    { Pki::create(directory.path()); }
    write_private_file(directory.path() / "ca.key", "-----BEGIN PRIVATE KEY-----\nnonsense\n");
    EXPECT_THAT(
        [&] { Pki::create(directory.path()); },
        ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("ca.key"), HasSubstr("private key"))));
    std::filesystem::remove(directory.path() / "ca.key");
    EXPECT_THAT([&] { Pki::create(directory.path()); },
                ThrowsMessage<std::runtime_error>(HasSubstr("ca.key")));
    write_private_file(directory.path() / "ca.key", to_pem(new_key().get()));
    EXPECT_THAT([&] { Pki::create(directory.path()); },
                ThrowsMessage<std::runtime_error>(HasSubstr("does not belong to")));
}

}  // namespace
}  // namespace ganglion::fleet
