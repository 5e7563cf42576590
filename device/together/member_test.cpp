#include "device/together/member.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "compile/bundle_signature.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::together {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint32_t kNow = 1'800'000'000;
constexpr ShareTerms kTerms{.centre = {2000, 3000},
                            .count = 2,
                            .radius = 256,
                            .sigma = 64,
                            .period_s = 3600,
                            .contributions = 2,
                            .wider = 128};

PriorMessage usual_prior(uint32_t sequence) {
    PriorMessage prior;
    prior.of = "machine 2.0.0";
    prior.sequence = sequence;
    prior.contributors = 20;
    prior.values = {2100, 2900};
    prior.count = 2;
    return prior;
}

template <typename Message>
Bytes encoded(const Message& message, size_t room) {
    Bytes bytes(room);
    bytes.resize(encode(message, bytes));
    return bytes;
}

class MemberTest : public ::testing::Test {
  protected:
    Bytes sealed(const PriorMessage& prior, std::string_view purpose = kPriorPurpose) const {
        return update::seal(purpose, encoded(prior, kMaxPriorBytes), key_);
    }
    Member member(std::string_view group = {}, const MemberState& state = {}) {
        return {
            {"machine", "2.0.0", group, update::public_point_of(trusted_)}, kTerms, crypto_, state};
    }
    PriorRefusal offer(Member& member, const PriorMessage& prior) {
        PriorMessage taken;
        return member.offer(sealed(prior), taken);
    }

    std::string key_ = compile::generate_signing_key();
    std::string trusted_ = key_;
    update::HostCrypto host_;
    update::Crypto crypto_ = host_.callbacks();
    std::mt19937_64 engine_{5};
    RandomWords random_{[](void* engine) { return (*static_cast<std::mt19937_64*>(engine))(); },
                        &engine_};
};

TEST_F(MemberTest, contributes_once_a_period_and_so_often_in_its_life_whatever_it_forgets) {
    Member first = member();
    const int16_t learned[] = {2050, 2950};
    EXPECT_FALSE(first.contribute(std::span(learned).first(1), kNow, random_)) << "not the terms'";
    const auto one = first.contribute(learned, kNow, random_);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->of, "machine 2.0.0");
    EXPECT_EQ(one->sequence, 1U);
    EXPECT_FALSE(first.contribute(learned, kNow + 3599, random_));
    Member restarted = member({}, first.state());
    EXPECT_FALSE(restarted.due(kNow + 3599));
    const auto two = restarted.contribute(learned, kNow + 3600, random_);
    ASSERT_TRUE(two);
    EXPECT_EQ(two->sequence, 2U);
    EXPECT_FALSE(restarted.due(kNow + 1'000'000)) << "its life's part is spent";
}

TEST_F(MemberTest, begins_with_the_coordinators_prior_of_its_class_alone) {
    Member mine = member("pumps");
    PriorMessage prior = usual_prior(4);
    prior.group = "pumps";
    EXPECT_EQ(offer(mine, prior), PriorRefusal::none);
    EXPECT_EQ(mine.request().sequence, 4U);
    EXPECT_EQ(offer(mine, prior), PriorRefusal::none) << "the same again, after forgetting";
    prior.sequence = 3;
    EXPECT_EQ(offer(mine, prior), PriorRefusal::older);
    EXPECT_EQ(mine.request().refusal, PriorRefusal::older);
    Member restarted = member("pumps", mine.state());
    EXPECT_EQ(offer(restarted, prior), PriorRefusal::older);
    prior.sequence = 5;
    prior.group = "fans";
    EXPECT_EQ(offer(mine, prior), PriorRefusal::other_class);
    prior.group = "pumps";
    prior.of = "machine 2.0.1";
    EXPECT_EQ(offer(mine, prior), PriorRefusal::other_class);
    Member anything = member();
    EXPECT_EQ(offer(anything, prior), PriorRefusal::other_class);
    prior.of = "machine 2.0.0";
    EXPECT_EQ(offer(anything, prior), PriorRefusal::none) << "it was told no group";
}

TEST_F(MemberTest, refuses_what_its_terms_cannot_have_come_to) {
    Member mine = member();
    const auto with = [&](int16_t first, uint32_t count) {
        PriorMessage prior = usual_prior(1);
        prior.values[0] = first;
        prior.count = count;
        return offer(mine, prior);
    };
    EXPECT_EQ(with(2000 + 128 + 256 + 6 * 64, 2), PriorRefusal::none);
    EXPECT_EQ(with(2000 + 128 + 256 + 6 * 64 + 1, 2), PriorRefusal::out_of_bounds);
    EXPECT_EQ(with(2000 + 128 - 256 - 6 * 64 - 1, 2), PriorRefusal::out_of_bounds);
    EXPECT_EQ(with(-1, 2), PriorRefusal::out_of_bounds);
    EXPECT_EQ(with(2100, 1), PriorRefusal::out_of_bounds);
}

TEST_F(MemberTest, believes_its_coordinator_alone) {
    Member mine = member();
    PriorMessage prior;
    const Bytes good = sealed(usual_prior(1));
    for (size_t i = 0; i < good.size(); ++i) {
        Bytes changed = good;
        changed[i] ^= 1;
        EXPECT_NE(mine.offer(changed, prior), PriorRefusal::none) << i;
    }
    for (size_t size = 0; size < good.size(); ++size)
        EXPECT_EQ(mine.offer(std::span(good).first(size), prior), PriorRefusal::malformed);
    EXPECT_EQ(mine.offer(sealed(usual_prior(1), update::kManifestPurpose), prior),
              PriorRefusal::bad_signature)
        << "signed as something else";
    const Bytes no_prior = {0xa0};
    EXPECT_EQ(mine.offer(update::seal(kPriorPurpose, no_prior, key_), prior),
              PriorRefusal::malformed);
    key_ = compile::generate_signing_key();
    EXPECT_EQ(mine.offer(sealed(usual_prior(1)), prior), PriorRefusal::unknown_key);
    EXPECT_EQ(mine.state().prior, 0U);
    EXPECT_EQ(mine.offer(good, prior), PriorRefusal::none);
    mine.came_too_late();
    EXPECT_EQ(mine.request().refusal, PriorRefusal::too_late);
}

TEST_F(MemberTest, messages_come_back_and_the_longest_fit) {
    PriorMessage prior = usual_prior(UINT32_MAX);
    const std::string of(Contribution::kMostClass, 'v');
    const std::string group(PriorMessage::kMostGroup, 'g');
    prior.of = of;
    prior.group = group;
    prior.contributors = UINT32_MAX;
    prior.values.fill(INT16_MIN);
    prior.count = kMostShared;
    const Bytes longest = encoded(prior, kMaxPriorBytes);  // what is decoded points into it
    PriorMessage back;
    ASSERT_TRUE(decode(longest, back));
    EXPECT_EQ(back.values, prior.values);
    EXPECT_EQ(back.group, group);
    PriorRequest asked;
    const Bytes request =
        encoded(PriorRequest{of, UINT32_MAX, PriorRefusal::too_late}, kMaxPriorRequestBytes);
    ASSERT_TRUE(decode(request, asked));
    EXPECT_EQ(asked.refusal, PriorRefusal::too_late);
    for (uint32_t i = 0; i < kPriorRefusals; ++i)
        EXPECT_STRNE(to_string(static_cast<PriorRefusal>(i)), "unknown");
}

TEST_F(MemberTest, nothing_malformed_gets_through) {
    Contribution contribution;
    contribution.of = "machine 2.0.0";
    contribution.sequence = 1;
    contribution.values = {2000, 3000};
    contribution.count = 2;
    const std::array<Bytes, 4> begins = {
        encoded(contribution, kMaxContributionBytes), encoded(usual_prior(3), kMaxPriorBytes),
        encoded(PriorRequest{"machine 2.0.0", 3, {}}, kMaxPriorRequestBytes),
        sealed(usual_prior(9))};
    for (int round = 0; round < 50'000; ++round) {
        Bytes bytes = begins[engine_() % begins.size()];
        for (uint64_t i = engine_() % 4; i-- > 0;)
            bytes[engine_() % bytes.size()] = static_cast<uint8_t>(engine_());
        if (engine_() % 8 == 0) bytes.resize(engine_() % (bytes.size() + 1));
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
}

}  // namespace
}  // namespace ganglion::together
