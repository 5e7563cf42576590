#include "fleet/enrol/enrolment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "fleet/base/clock.hpp"
#include "fleet/base/files.hpp"
#include "fleet/pki/request.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

constexpr int64_t kHour = 3'600'000;

class EnrolmentTest : public ::testing::Test {
  protected:
    EnrolmentTest() {
        enrolment_.set_broker({[this] { said_.emplace_back("reload"); },
                               [this](const std::string& device) { said_.push_back(device); }});
    }
    /// As a device would ask with this code.
    Granted enrol(const std::string& code, const std::string& request) {
        const auto claim = claim_of(code);
        return enrolment_.enrol(claim->id, request, hmac_sha256(claim->key, request));
    }
    std::string request() {
        key_ = new_key();
        return new_request(key_.get(), "whatever the device calls itself");
    }
    size_t revoked_in_list() {
        BIO* bio = BIO_new_file(pki_.revocation_file().c_str(), "r");
        X509_CRL* list = PEM_read_bio_X509_CRL(bio, nullptr, nullptr, nullptr);
        const int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list));
        X509_CRL_free(list);
        BIO_free(bio);
        return count < 0 ? 0 : static_cast<size_t>(count);
    }

    testing::TemporaryDirectory directory_;
    Pki pki_ = Pki::create(directory_.path() / "pki");
    int64_t now_ = now_ms();
    Enrolment enrolment_{directory_.path() / "enrolment.db", pki_, [this] { return now_; }};
    std::vector<std::string> said_;
    Key key_;
};

TEST_F(EnrolmentTest, ADeviceGetsACertificateForItsKeyUnderTheNameThatWasClaimed) {
    const std::string code = enrolment_.add_claim("pump-7", kHour, false);
    const Granted granted = enrol(code, request());
    const Certificate certificate = certificate_from_pem(granted.certificate_pem);
    EXPECT_EQ(facts_of(certificate.get()).common_name, "pump-7");
    EXPECT_TRUE(is_for_key(certificate.get(), key_.get()));
    EXPECT_TRUE(is_signed_by(certificate.get(), certificate_from_pem(pki_.ca_pem()).get()));
    EXPECT_EQ(granted.proof,
              grant_proof(claim_of(code)->key, granted.certificate_pem, granted.ca_pem));
}

TEST_F(EnrolmentTest, ACodeIsForOneRequestAndTheSameOneMayBeRepeated) {
    const std::string code = enrolment_.add_claim("pump-7", kHour, false);
    const std::string first = request();
    const Granted granted = enrol(code, first);
    EXPECT_EQ(enrol(code, first).certificate_pem, granted.certificate_pem);
    EXPECT_THROW(enrol(code, request()), EnrolmentError);
    EXPECT_THAT(enrolment_.certificates("pump-7"), SizeIs(1));
}

TEST_F(EnrolmentTest, WhoOnlyListenedCannotUseTheCode) {
    const std::string code = enrolment_.add_claim("pump-7", kHour, false);
    const auto claim = claim_of(code);
    const std::string heard_proof = hmac_sha256(claim->key, request());
    EXPECT_THROW(enrolment_.enrol(claim->id, request(), heard_proof), EnrolmentError);
    EXPECT_THROW(enrolment_.enrol(claim->id, request(), ""), EnrolmentError);
    EXPECT_THROW(enrolment_.enrol(claim->id + 1, request(), heard_proof), EnrolmentError);
    EXPECT_NO_THROW(enrol(code, request())) << "and does not use it up";
}

TEST_F(EnrolmentTest, ACodeExpiresAndCanBeTakenBack) {
    const std::string late = enrolment_.add_claim("a", kHour, false);
    now_ += kHour + 1;
    EXPECT_THROW(enrol(late, request()), EnrolmentError);
    const std::string taken = enrolment_.add_claim("b", kHour, false);
    EXPECT_TRUE(enrolment_.remove_claim(claim_of(taken)->id));
    EXPECT_THROW(enrol(taken, request()), EnrolmentError);
}

TEST_F(EnrolmentTest, NoCodeAndNoKeyOfACodeIsKeptInTheClear) {
    const std::string code = enrolment_.add_claim("pump-7", kHour, false);
    EXPECT_THAT(read_file(directory_.path() / "enrolment.db") +
                    read_file(directory_.path() / "enrolment.db-wal"),
                Not(HasSubstr(code.substr(code.find('-') + 1))));
}

TEST_F(EnrolmentTest, ADeviceThatHasACertificateIsNotReplacedByAccident) {
    enrol(enrolment_.add_claim("pump-7", kHour, false), request());
    EXPECT_THAT([&] { enrolment_.add_claim("pump-7", kHour, false); },
                ThrowsMessage<EnrolmentError>(HasSubstr("revoke it")));
    pki_.issue_device("speaker");
    EXPECT_THROW(enrolment_.add_claim("speaker", kHour, false), EnrolmentError);
    enrol(enrolment_.add_claim("pump-7", kHour, true), request());
    const auto rows = enrolment_.certificates("pump-7");
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_NE(rows[0].revoked_ms == 0, rows[1].revoked_ms == 0);
    EXPECT_THAT(said_, ElementsAre("reload", "pump-7"));
}

TEST_F(EnrolmentTest, NamesOfTheServerAndOddKeysAreRefused) {
    for (const char* name : {"ganglion-server", "ganglion-updates", "", "../x", "a b"})
        EXPECT_THROW(enrolment_.add_claim(name, kHour, false), EnrolmentError) << name;
    const std::string code = enrolment_.add_claim("pump-7", kHour, false);
    EXPECT_THROW(enrol(code, "no request"), EnrolmentError);
    const Key other(EVP_EC_gen("P-384"));
    EXPECT_THROW(enrol(code, new_request(other.get(), "x")), EnrolmentError);
    std::string changed = request();
    const size_t middle = changed.size() / 2;
    changed[middle] = changed[middle] == 'A' ? 'B' : 'A';
    EXPECT_THROW(enrol(code, changed), EnrolmentError);
}

TEST_F(EnrolmentTest, RenewalNeedsTheKeyOfACertificateThatCounts) {
    const Granted first = enrol(enrolment_.add_claim("pump-7", kHour, false), request());
    const Key current = std::move(key_);
    const std::string next = request();
    EXPECT_THROW(enrolment_.renew(first.certificate_pem, next, sign(key_.get(), next)),
                 EnrolmentError)
        << "signed with another key";
    EXPECT_THROW(enrolment_.renew(first.certificate_pem, next, sign(current.get(), "else")),
                 EnrolmentError);
    const Granted second = enrolment_.renew(first.certificate_pem, next, sign(current.get(), next));
    EXPECT_EQ(second.device, "pump-7");
    EXPECT_EQ(revoked_in_list(), 0U) << "the old one counts for a day more";
    now_ += Enrolment::kGraceMs;
    enrolment_.sweep();
    EXPECT_EQ(revoked_in_list(), 1U);
    const std::string third = request();
    EXPECT_THROW(enrolment_.renew(first.certificate_pem, third, sign(current.get(), third)),
                 EnrolmentError)
        << "it counts no more";
}

TEST_F(EnrolmentTest, AnotherFleetsCertificateRenewsNothing) {
    Pki other = Pki::create(directory_.path() / "other");
    const Identity stranger = other.issue_device("pump-7");
    const Key key = key_from_pem(stranger.key_pem);
    const std::string wish = request();
    EXPECT_THROW(enrolment_.renew(stranger.cert_pem, wish, sign(key.get(), wish)), EnrolmentError);
    EXPECT_THROW(enrolment_.renew("none", wish, ""), EnrolmentError);
    const Identity own = pki_.issue_device("speaker");
    EXPECT_NO_THROW(
        enrolment_.renew(own.cert_pem, wish, sign(key_from_pem(own.key_pem).get(), wish)));
}

TEST_F(EnrolmentTest, TheListOutlivesAnEnd) {
    enrol(enrolment_.add_claim("pump-7", kHour, false), request());
    EXPECT_EQ(enrolment_.revoke("pump-7", "stolen"), 1U);
    EXPECT_EQ(enrolment_.revoke("pump-7", "again"), 0U);
    EXPECT_EQ(revoked_in_list(), 1U);
    pki_.write_revocation_list({}, 0);
    Enrolment again(directory_.path() / "enrolment.db", pki_);
    EXPECT_EQ(revoked_in_list(), 1U);
}

TEST(ClaimCode, OddTextsAreNone) {
    for (const char* text : {"", "-", "12", "12-", "x-y", "99999999999999999999999-aa"})
        EXPECT_FALSE(claim_of(text)) << text;
}

}  // namespace
}  // namespace ganglion::fleet
