#pragma once

#include <cstdint>

#include "device/coordinate/store.hpp"

namespace ganglion::coordinate {

/// What the device knows by itself.
struct LocalState {
    int32_t own_use = 0;  ///< power now without the stores, steps; negative: it gives
    bool cheap = false;   ///< the tariff's low hours
    uint16_t strain = 0;  ///< of the line it hangs on, 0..1000 of its limit: see strain_of()
};

/// What a store does where no set-point holds: a storage takes what the place has over and gives
/// what it lacks; a task waits for the cheap hours as long as it is not late; a buffer follows its
/// own need (0).
int32_t local_response(const Store& store, const LocalState& state, uint32_t step_s);

/// How near its limit a line is, by the voltage at its end: 0 at `rest`, 1000 at `limit`
/// (linearised flow, Baran and Wu 1989: the drop grows with the load). Only ratios matter.
uint16_t strain_of(int32_t voltage, int32_t rest, int32_t limit);

/// The device's last word on whatever power a store was told: from kEased of strain on less and
/// less is taken, at full strain nothing (volt-watt droop, IEEE 1547-2018 5.4.2). `backward`: the
/// line's strain comes from what is given, so that giving is eased instead.
int32_t eased(int32_t power, uint16_t strain, bool backward);
inline constexpr uint16_t kEased = 850;

}  // namespace ganglion::coordinate
