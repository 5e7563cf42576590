#pragma once

#include <cstdint>

namespace ganglion::coordinate {

enum class StoreKind : uint8_t {
    storage = 0,  ///< takes and gives back: a battery
    task = 1,     ///< must be full in time: a car's charging
    buffer = 2,   ///< its own use may come earlier or later: a heat pump, a cold store
};
inline constexpr uint32_t kStoreKinds = 3;

/// What a device could take or give beside its forecast. Whatever is shifted in time is a store:
/// it has a content within limits and a power within limits. Power in steps that the application
/// chooses (the grid: 1 W), content in the same steps times one hour (1 Wh).
struct Store {
    StoreKind kind = StoreKind::storage;
    int32_t content = 0;
    int32_t most = 0;      ///< content when full
    int32_t give = 0;      ///< power that it can give, or use less, 0 or more
    int32_t take = 0;      ///< power that it can take, 0 or more
    uint32_t from_q = 0;   ///< quarter hours until it is there; 0: now
    uint32_t until_q = 0;  ///< task: quarter hours until it must be full
    /// A device takes no number beyond these limits, so that no sum below overflows.
    static constexpr int32_t kMost = 1'000'000'000;
    static constexpr uint32_t kMostQuarters = 4 * 48;

    bool valid() const;
    int32_t room() const { return most - content; }
};

/// Of what goes into (and again out of) a storage so much arrives, in 1/1000.
inline constexpr int32_t kStorageKeeps = 950;

/// Levels say how strongly every store of a kind takes part: thousandths of its room (level > 0) or
/// content (level < 0) an hour; of a task, of the rate at which it is just full in time. So all
/// stores of a kind keep the same relative content, and one level steers a group of any size
/// without knowing its members: the sum behaves like one store (Hao et al., "Aggregate flexibility
/// of thermostatically controlled loads", IEEE Trans. Power Systems 30(1), 2015).
inline constexpr int32_t kMostLevel = 64'000;

/// A device reckons its power anew so often, s: content and room change meanwhile.
inline constexpr uint32_t kReckonS = 300;

/// Power that the store takes (negative: gives) at `level` for the next `step_s` seconds; what the
/// device does, and what the coordinator expects it to do. Never beyond power, room or content; a
/// task that would else be late takes all it can. `level` is clamped to ±kMostLevel.
int32_t respond(const Store& store, int32_t level, uint32_t step_s);

/// The store after it took `power` for `step_s` seconds.
void advance(Store& store, int32_t power, uint32_t step_s);

}  // namespace ganglion::coordinate
