#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "device/together/contribution.hpp"
#include "device/together/prior.hpp"
#include "device/update/crypto.hpp"

namespace ganglion::together {

/// Who this device is to those it learns together with.
struct MemberIdentity {
    std::string_view application, version;  ///< of the bundle; must outlive the member
    std::string_view group;                 ///< empty: it was told none and takes any
    update::PublicKey coordinator{};
};

/// Plain data, to be kept over a restart and over forgetting what was learned: what has left the
/// device does not come back. All zeros in the factory.
struct MemberState {
    uint32_t contributions = 0;  ///< made so far: the privacy spent is in proportion
    uint32_t last_s = 0;         ///< when the last one was made, s since 1970
    uint32_t prior = 0;          ///< sequence of the newest prior seen
    uint32_t reserved = 0;
};
static_assert(sizeof(MemberState) == 16);

/// One device's part in learning together: how often it gives what, and what it begins with. The
/// terms come with its bundle. The device has the last word: what it cannot check, or what no
/// devices following the terms could have come to, is refused with a reason.
class Member {
  public:
    Member(const MemberIdentity& identity, const ShareTerms& terms, const update::Crypto& crypto,
           const MemberState& state);

    /// Whether it may contribute now. `now_s`: s since 1970.
    bool due(uint32_t now_s) const;
    /// A contribution, counted: keep state() before it is sent, else a power cut makes two of it.
    /// `learned`: what Learner::share() gave. Nothing where it is not due or the numbers are not
    /// those of the terms.
    std::optional<Contribution> contribute(std::span<const int16_t> learned, uint32_t now_s,
                                           const RandomWords& random);

    /// Judges an envelope from the coordinator; where none is the answer, `prior` is one to begin
    /// with (Learner::prime()).
    PriorRefusal offer(std::span<const uint8_t> envelope, PriorMessage& prior);
    /// The learner did not take it.
    void came_too_late() { last_refusal_ = PriorRefusal::too_late; }

    PriorRequest request() const { return {of(), state_.prior, last_refusal_}; }
    const MemberState& state() const { return state_; }
    /// "APPLICATION VERSION"
    std::string_view of() const { return {of_.data(), of_bytes_}; }

  private:
    PriorRefusal judge(std::span<const uint8_t> envelope, PriorMessage& prior) const;
    bool within_bounds(const PriorMessage& prior) const;

    ShareTerms terms_;
    const update::Crypto& crypto_;
    update::PublicKey coordinator_;
    update::KeyId key_{};
    std::string_view group_;
    std::array<char, Contribution::kMostClass> of_{};
    size_t of_bytes_ = 0;
    MemberState state_;
    PriorRefusal last_refusal_ = PriorRefusal::none;
};

}  // namespace ganglion::together
