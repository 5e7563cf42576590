#include "fleet/access/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/access/rate_limit.hpp"
#include "fleet/access/secret.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kPassword = "correct horse battery";

class AccessTest : public ::testing::Test {
  protected:
    AccessTest() { access_.add_operator("ada", Role::owner, kPassword); }

    testing::TemporaryDirectory directory_;
    int64_t now_ = 1'700'000'000'000;
    Access access_{directory_.path() / "access.db", [this] { return now_; }};
};

TEST_F(AccessTest, TheFirstOperatorMustBeAnOwner) {
    Access fresh(directory_.path() / "fresh.db");
    EXPECT_TRUE(fresh.is_open());
    EXPECT_THAT([&] { fresh.add_operator("eve", Role::viewer, kPassword); },
                ThrowsMessage<AccessError>(HasSubstr("first operator must be an owner")));
    EXPECT_TRUE(fresh.is_open());
    EXPECT_FALSE(access_.is_open());
}

TEST_F(AccessTest, SessionsBeginWithThePasswordAndEnd) {
    EXPECT_FALSE(access_.log_in("ada", "correct horse batterx"));
    EXPECT_FALSE(access_.log_in("bob", kPassword));
    const auto session = access_.log_in("ada", kPassword);
    ASSERT_TRUE(session);
    EXPECT_EQ(access_.caller_of_session(*session)->role, Role::owner);
    EXPECT_FALSE(access_.caller_of_session(*session + "0"));
    EXPECT_FALSE(access_.caller_of_token(*session)) << "a session is no token";
    access_.log_out(*session);
    EXPECT_FALSE(access_.caller_of_session(*session));
    const auto old = access_.log_in("ada", kPassword);
    now_ += Access::kSessionMs;
    EXPECT_FALSE(access_.caller_of_session(*old)) << "12 h later";
}

TEST_F(AccessTest, ANewPasswordEndsOldSessions) {
    const auto session = access_.log_in("ada", kPassword);
    access_.set_password("ada", "another good one");
    EXPECT_FALSE(access_.caller_of_session(*session));
    EXPECT_FALSE(access_.log_in("ada", kPassword));
    EXPECT_TRUE(access_.log_in("ada", "another good one"));
}

TEST_F(AccessTest, ATokenDoesNoMoreThanItsScopeAndItsOperator) {
    access_.add_operator("bob", Role::fleet_operator, kPassword);
    EXPECT_THAT([&] { (void)access_.add_token("bob", Role::owner, 1000, ""); },
                ThrowsMessage<AccessError>(HasSubstr("no more than its operator")));
    const std::string reader = access_.add_token("bob", Role::viewer, 1000, "grafana");
    const std::string actor = access_.add_token("bob", Role::fleet_operator, 1000, "ci");
    EXPECT_EQ(access_.caller_of_token(reader)->role, Role::viewer);
    EXPECT_EQ(access_.caller_of_token(actor)->role, Role::fleet_operator);
    access_.set_role("bob", Role::viewer);
    EXPECT_EQ(access_.caller_of_token(actor)->role, Role::viewer) << "taken down with bob";
    now_ += 1000;
    EXPECT_FALSE(access_.caller_of_token(reader)) << "expired";
}

TEST_F(AccessTest, RevokedAndOrphanedTokensAreWorthless) {
    access_.add_operator("bob", Role::viewer, kPassword);
    const std::string first = access_.add_token("bob", Role::viewer, 1000, "a");
    const std::string second = access_.add_token("bob", Role::viewer, 1000, "b");
    const auto session = access_.log_in("bob", kPassword);
    for (const TokenRow& row : access_.tokens()) {
        if (row.label == "a") access_.revoke_token(row.id);
    }
    EXPECT_FALSE(access_.caller_of_token(first));
    EXPECT_TRUE(access_.caller_of_token(second));
    access_.remove_operator("bob");
    EXPECT_FALSE(access_.caller_of_token(second));
    EXPECT_FALSE(access_.caller_of_session(*session));
    EXPECT_THROW(access_.revoke_token("nothing"), AccessError);
}

TEST_F(AccessTest, TheLastOwnerStays) {
    EXPECT_THAT([&] { access_.remove_operator("ada"); },
                ThrowsMessage<AccessError>(HasSubstr("last owner")));
    EXPECT_THROW(access_.set_role("ada", Role::viewer), AccessError);
    access_.add_operator("bob", Role::owner, kPassword);
    access_.remove_operator("ada");
    EXPECT_EQ(access_.operators().size(), 1U);
}

TEST_F(AccessTest, NamesAndPasswordsAreChecked) {
    for (const char* name : {"", "Ada", "a b", "a;b", "../x"})
        EXPECT_THROW(access_.add_operator(name, Role::viewer, kPassword), AccessError) << name;
    EXPECT_THROW(access_.add_operator("bob", Role::viewer, "short"), AccessError);
    EXPECT_THROW(access_.add_operator("ada", Role::viewer, kPassword), AccessError);
    EXPECT_THROW((void)role_of("king"), AccessError);
}

TEST_F(AccessTest, NoSecretIsKeptInTheClear) {
    const std::string token = access_.add_token("ada", Role::viewer, 1000, "x");
    const auto session = access_.log_in("ada", kPassword);
    Database file(directory_.path() / "access.db");
    for (const char* table : {"operators", "tokens", "sessions"}) {
        Statement rows = file.prepare("SELECT * FROM " + std::string(table));
        while (rows.step()) {
            for (int column = 0; column < 3; ++column) {
                const std::string text = rows.text(column);
                EXPECT_EQ(text.find(kPassword), std::string::npos);
                EXPECT_EQ(text.find(token.substr(4)), std::string::npos);
                EXPECT_EQ(text.find(*session), std::string::npos);
            }
        }
    }
}

TEST(Secret, PasswordsAreSaltedAndDamagedHashesFail) {
    const std::string hash = hash_password("a password");
    EXPECT_NE(hash, hash_password("a password"));
    EXPECT_TRUE(is_password("a password", hash));
    EXPECT_FALSE(is_password("a passwore", hash));
    for (const std::string& damaged :
         {std::string(), std::string("scrypt$15$8$1$"), hash.substr(0, hash.size() - 1), "x" + hash,
          hash.substr(0, hash.size() - 1) + "g"}) {
        EXPECT_FALSE(is_password("a password", damaged)) << damaged;
    }
}

TEST(RateLimitTest, LetsABurstThroughAndThenTheRate) {
    int64_t now = 0;
    RateLimit limit(1, 3, [&] { return now; });
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.take("ada"));
    EXPECT_FALSE(limit.take("ada"));
    EXPECT_TRUE(limit.take("bob")) << "each key has its own";
    now = 999;
    EXPECT_FALSE(limit.take("ada"));
    now = 2000;
    EXPECT_TRUE(limit.take("ada"));
    now = 60'000;
    (void)limit.take("eve");
    EXPECT_EQ(limit.keys(), 1U) << "who was long quiet is forgotten";
}

}  // namespace
}  // namespace ganglion::fleet
