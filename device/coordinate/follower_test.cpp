#include "device/coordinate/follower.hpp"

#include <gtest/gtest.h>

#include "compile/bundle_signature.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::coordinate {
namespace {

constexpr uint32_t kNow = 1'800'000'000;
constexpr LocalLimits kLimits{.most_taken = 10'000, .most_given = 6000, .most_valid_s = 14'400};

class FollowerTest : public ::testing::Test {
  protected:
    FollowerTest() {
        state_.measured[0] = 600;
        state_.stores[0] = {StoreKind::storage, 8000, 20'000, 5000, 8000, 0, 0};
        state_.store_count = 1;
    }

    static SetPoint good(uint32_t sequence) {
        SetPoint set_point;
        set_point.target = "feeder-1";
        set_point.sequence = sequence;
        set_point.issued_s = kNow;
        set_point.valid_s = 7200;
        set_point.step_s = 3600;
        set_point.levels = {Levels{100, 0, 0}, Levels{-100, 1000, 0}};
        set_point.steps = 2;
        return set_point;
    }
    std::vector<uint8_t> sealed(const SetPoint& set_point,
                                std::string_view purpose = kSetPointPurpose) const {
        std::vector<uint8_t> payload(kMaxSetPointBytes);
        payload.resize(encode(set_point, payload));
        return update::seal(purpose, payload, key_);
    }
    Refusal offer(const SetPoint& set_point, uint32_t now = kNow) {
        return follower_.offer(sealed(set_point), now, state_);
    }

    std::string key_ = compile::generate_signing_key();
    update::HostCrypto host_;
    update::Crypto crypto_ = host_.callbacks();
    Follower follower_{
        {"meter-7", "feeder-1", update::public_point_of(key_)}, kLimits, crypto_, 10};
    Summary state_;
};

TEST_F(FollowerTest, follows_step_by_step_holds_and_lets_go) {
    EXPECT_FALSE(follower_.levels(kNow));
    ASSERT_EQ(offer(good(11)), Refusal::none);
    EXPECT_EQ(follower_.levels(kNow)->at(0), 100);
    EXPECT_EQ(follower_.levels(kNow + 3600)->at(1), 1000);
    EXPECT_EQ(follower_.levels(kNow + 7199)->at(0), -100);
    EXPECT_FALSE(follower_.levels(kNow + 7200)) << "expired: by the local rule from here";
    EXPECT_EQ(follower_.follows(kNow), 11U);
    EXPECT_EQ(follower_.follows(kNow + 7200), 0U);
}

TEST_F(FollowerTest, a_refused_one_changes_nothing) {
    ASSERT_EQ(offer(good(11)), Refusal::none);
    SetPoint wild = good(12);
    wild.levels[0] = {kMostLevel + 1, 0, 0};
    EXPECT_EQ(offer(wild), Refusal::out_of_bounds);
    EXPECT_EQ(follower_.levels(kNow)->at(0), 100);
    EXPECT_EQ(follower_.sequence(), 11U);
    EXPECT_EQ(follower_.last_refusal(), Refusal::out_of_bounds);
}

TEST_F(FollowerTest, refuses_what_is_old_foreign_or_wrong_in_time) {
    EXPECT_EQ(offer(good(10)), Refusal::replayed) << "before a restart it had 10";
    ASSERT_EQ(offer(good(11)), Refusal::none);
    EXPECT_EQ(offer(good(11)), Refusal::replayed);
    EXPECT_EQ(offer(good(12), kNow + 7200), Refusal::expired);
    EXPECT_EQ(offer(good(12), kNow - 61), Refusal::too_early);
    SetPoint foreign = good(12);
    foreign.target = "feeder-2";
    EXPECT_EQ(offer(foreign), Refusal::not_for_me);
    SetPoint long_one = good(12);
    long_one.valid_s = 14'401;
    EXPECT_EQ(offer(long_one), Refusal::too_long);
    foreign.target = "meter-7";
    EXPECT_EQ(offer(foreign), Refusal::none);
}

TEST_F(FollowerTest, the_place_has_the_last_word) {
    SetPoint much = good(11);
    much.levels[1] = {1000, 0, 0};  // 8 kW on top of 600 W
    EXPECT_EQ(offer(much), Refusal::none);
    state_.measured[0] = 2500;
    much.sequence = 12;
    EXPECT_EQ(offer(much), Refusal::unsafe);
    state_.measured[0] = -4000;
    much.levels[1] = {-1000, 0, 0};
    EXPECT_EQ(offer(much), Refusal::unsafe);
}

TEST_F(FollowerTest, believes_its_coordinator_alone) {
    const auto mine = sealed(good(11));
    for (size_t i = 0; i < mine.size(); ++i) {
        auto changed = mine;
        changed[i] ^= 1;
        EXPECT_NE(follower_.offer(changed, kNow, state_), Refusal::none) << i;
    }
    EXPECT_EQ(follower_.offer(std::span(mine).first(20), kNow, state_), Refusal::malformed);
    EXPECT_EQ(follower_.offer(sealed(good(11), update::kManifestPurpose), kNow, state_),
              Refusal::bad_signature)
        << "signed as something else";
    const std::string own = std::exchange(key_, compile::generate_signing_key());
    EXPECT_EQ(offer(good(11)), Refusal::unknown_key);
    key_ = own;
    EXPECT_EQ(offer(good(11)), Refusal::none);
}

}  // namespace
}  // namespace ganglion::coordinate
