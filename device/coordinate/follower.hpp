#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "device/coordinate/set_point.hpp"
#include "device/coordinate/summary.hpp"
#include "device/update/crypto.hpp"

namespace ganglion::coordinate {

/// What no set-point may break. From the bundle or the installation, not from the network.
struct LocalLimits {
    int32_t most_taken = 0;       ///< power through the connection, steps
    int32_t most_given = 0;       ///< the other way, 0 or more
    uint32_t most_valid_s = 0;    ///< longer a set-point may not bind the device
    uint32_t clock_error_s = 60;  ///< a set-point may be so much ahead of the device's clock
};

/// Who this device is to its coordinator.
struct FollowerIdentity {
    std::string_view device;
    std::string_view group;  ///< empty: none
    update::PublicKey coordinator{};
};

/// Takes set-points, holds the last good one until it expires, and knows nothing after that: the
/// device then goes by its local rule (local_rule.hpp). The device has the last word: what it
/// cannot check, or what would break a limit, is refused with a reason.
class Follower {
  public:
    /// The texts of `identity` must outlive this. `floor`: sequence() as kept over a restart.
    Follower(const FollowerIdentity& identity, const LocalLimits& limits,
             const update::Crypto& crypto, uint32_t floor = 0);

    /// An envelope from the coordinator. `state`: how the device stands now, whose expected power
    /// at the levels must stay within the limits. What was held before stays where this is refused.
    Refusal offer(std::span<const uint8_t> envelope, uint32_t now_s, const Summary& state);

    /// Levels to be followed now; none: go by the local rule.
    std::optional<Levels> levels(uint32_t now_s) const;

    /// Of the last one taken: to be kept over a restart, so that no old one is taken again.
    uint32_t sequence() const { return sequence_; }
    /// Sequence of the one that is followed now, 0: none.
    uint32_t follows(uint32_t now_s) const { return held(now_s) ? sequence_ : 0; }
    Refusal last_refusal() const { return last_refusal_; }

  private:
    Refusal judge(std::span<const uint8_t> envelope, uint32_t now_s, const Summary& state,
                  SetPoint& set_point) const;
    Refusal judge_content(const SetPoint& set_point, uint32_t now_s, const Summary& state) const;
    bool held(uint32_t now_s) const;

    FollowerIdentity identity_;
    LocalLimits limits_;
    const update::Crypto& crypto_;
    update::KeyId key_{};
    SetPoint held_;
    uint32_t sequence_ = 0;
    Refusal last_refusal_ = Refusal::none;
};

}  // namespace ganglion::coordinate
