#include "device/coordinate/follower.hpp"

#include <algorithm>

#include "device/core/status.hpp"
#include "device/update/envelope.hpp"
#include "device/update/keys.hpp"

namespace ganglion::coordinate {
namespace {

bool within_bounds(const SetPoint& set_point) {
    for (uint32_t i = 0; i < set_point.steps; ++i)
        for (const int32_t level : set_point.levels[i])
            if (level < -kMostLevel || level > kMostLevel) return false;
    return true;
}

}  // namespace

Follower::Follower(const FollowerIdentity& identity, const LocalLimits& limits,
                   const update::Crypto& crypto, uint32_t floor)
    : identity_(identity),
      limits_(limits),
      crypto_(crypto),
      key_(update::key_id_of(identity.coordinator, crypto)),
      sequence_(floor) {}

Refusal Follower::judge_content(const SetPoint& set_point, uint32_t now_s,
                                const Summary& state) const {
    const bool mine = set_point.target == identity_.device ||
                      (!identity_.group.empty() && set_point.target == identity_.group);
    if (!mine) return Refusal::not_for_me;
    if (set_point.sequence <= sequence_) return Refusal::replayed;
    if (set_point.valid_s > limits_.most_valid_s) return Refusal::too_long;
    if (set_point.issued_s > uint64_t{now_s} + limits_.clock_error_s) return Refusal::too_early;
    if (uint64_t{set_point.issued_s} + set_point.valid_s <= now_s) return Refusal::expired;
    if (!within_bounds(set_point)) return Refusal::out_of_bounds;
    for (uint32_t i = 0; i < set_point.steps; ++i) {
        const int64_t power = expected_power(state, set_point.levels[i], set_point.step_s);
        if (power > limits_.most_taken || power < -int64_t{limits_.most_given})
            return Refusal::unsafe;
    }
    return Refusal::none;
}

Refusal Follower::judge(std::span<const uint8_t> bytes, uint32_t now_s, const Summary& state,
                        SetPoint& set_point) const {
    update::Envelope envelope;
    if (envelope.open(bytes) != Status::ok) return Refusal::malformed;
    if (envelope.key != key_) return Refusal::unknown_key;
    if (envelope.verify(kSetPointPurpose, identity_.coordinator, crypto_) != Status::ok)
        return Refusal::bad_signature;
    if (!decode(envelope.payload, set_point)) return Refusal::malformed;
    return judge_content(set_point, now_s, state);
}

Refusal Follower::offer(std::span<const uint8_t> envelope, uint32_t now_s, const Summary& state) {
    SetPoint set_point;
    last_refusal_ = judge(envelope, now_s, state, set_point);
    if (last_refusal_ == Refusal::none) {
        held_ = set_point;
        held_.target = {};  // a view into the message, which goes
        sequence_ = set_point.sequence;
    }
    return last_refusal_;
}

bool Follower::held(uint32_t now_s) const {
    return held_.steps != 0 && uint64_t{held_.issued_s} + held_.valid_s > now_s;
}

std::optional<Levels> Follower::levels(uint32_t now_s) const {
    if (!held(now_s)) return std::nullopt;
    const uint32_t since = now_s > held_.issued_s ? now_s - held_.issued_s : 0;
    return held_.levels[std::min(since / held_.step_s, held_.steps - 1)];
}

}  // namespace ganglion::coordinate
