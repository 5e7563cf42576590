#include "device/together/member.hpp"

#include <algorithm>

#include "device/core/status.hpp"
#include "device/update/envelope.hpp"
#include "device/update/keys.hpp"

namespace ganglion::together {

Member::Member(const MemberIdentity& identity, const ShareTerms& terms,
               const update::Crypto& crypto, const MemberState& state)
    : terms_(terms),
      crypto_(crypto),
      coordinator_(identity.coordinator),
      key_(update::key_id_of(identity.coordinator, crypto)),
      group_(identity.group),
      state_(state) {
    for (const std::string_view part :
         {identity.application, std::string_view(" "), identity.version})
        for (const char letter : part)
            if (of_bytes_ < of_.size()) of_[of_bytes_++] = letter;
}

bool Member::due(uint32_t now_s) const {
    if (state_.contributions >= terms_.contributions) return false;
    return state_.contributions == 0 || now_s >= uint64_t{state_.last_s} + terms_.period_s;
}

std::optional<Contribution> Member::contribute(std::span<const int16_t> learned, uint32_t now_s,
                                               const RandomWords& random) {
    if (!due(now_s) || learned.size() != terms_.count) return std::nullopt;
    Contribution contribution = together::contribute(terms_, learned, random);
    contribution.of = of();
    contribution.sequence = ++state_.contributions;
    state_.last_s = now_s;
    return contribution;
}

bool Member::within_bounds(const PriorMessage& prior) const {
    if (prior.count != terms_.count) return false;
    const auto most = static_cast<int32_t>(terms_.radius + kFarthestSigmas * terms_.sigma);
    for (uint32_t i = 0; i < prior.count; ++i) {
        const int32_t off =
            int32_t{prior.values[i]} - terms_.centre[i] - static_cast<int32_t>(terms_.wider);
        // A spread of less than nothing is none: the coordinator stops at 0.
        if (off > most || (off < -most && prior.values[i] != 0) || prior.values[i] < 0)
            return false;
    }
    return true;
}

PriorRefusal Member::judge(std::span<const uint8_t> bytes, PriorMessage& prior) const {
    update::Envelope envelope;
    if (envelope.open(bytes) != Status::ok) return PriorRefusal::malformed;
    if (envelope.key != key_) return PriorRefusal::unknown_key;
    if (envelope.verify(kPriorPurpose, coordinator_, crypto_) != Status::ok)
        return PriorRefusal::bad_signature;
    if (!decode(envelope.payload, prior)) return PriorRefusal::malformed;
    if (prior.of != of() || (!group_.empty() && prior.group != group_))
        return PriorRefusal::other_class;
    if (prior.sequence < state_.prior) return PriorRefusal::older;
    return within_bounds(prior) ? PriorRefusal::none : PriorRefusal::out_of_bounds;
}

PriorRefusal Member::offer(std::span<const uint8_t> envelope, PriorMessage& prior) {
    last_refusal_ = judge(envelope, prior);
    if (last_refusal_ == PriorRefusal::none) state_.prior = prior.sequence;
    return last_refusal_;
}

}  // namespace ganglion::together
