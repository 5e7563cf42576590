#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/coordinate/set_point.hpp"
#include "device/coordinate/store.hpp"

namespace ganglion::coordinate {

/// What a device tells the coordinator, once a slot (docs/coordination.md): how it stands, what it
/// expects, what it could do. No sample and no time series of the past is in it.
struct Summary {
    static constexpr uint32_t kMostStores = 4;
    static constexpr uint32_t kHorizon = 24;  ///< slots of the forecast, at most
    static constexpr uint32_t kMostParts = 4;

    uint32_t boot = 0;
    uint32_t sequence = 0;  ///< rises within the boot
    uint32_t clock_s = 0;   ///< the device's clock, s since 1970
    /// Mean power through the meter over each part of the last slot, oldest first, steps: enough
    /// for the coordinator to tell whose word the feeder's own meter contradicts.
    std::array<int32_t, kMostParts> measured{};
    uint32_t parts = 1;   ///< 1..kMostParts
    int32_t steered = 0;  ///< mean power that its stores took over the slot (negative: gave)
    /// Own use expected in the coming slots, without its stores; from the pipeline's forecast
    /// (Pipeline::forecast). Travels in 1/127 of the largest.
    std::array<int32_t, kHorizon> forecast{};
    uint32_t forecast_count = 0;  ///< 0: it still learns
    uint32_t error = 0;           ///< mean error expected of it, steps: how sure it is
    uint32_t anomaly = 0;         ///< 0: none; else 1 + index of the label that its pipeline fired
    std::array<Store, kMostStores> stores{};
    uint32_t store_count = 0;
    uint32_t follows = 0;             ///< sequence of the set-point that it follows, 0: none
    Refusal refused = Refusal::none;  ///< why it refused the last set-point

    int32_t mean() const;     ///< of measured
    int32_t own_use() const;  ///< expected now, without its stores
};

inline constexpr size_t kMaxSummaryBytes = 224;

/// The bytes written, 0 where `out` is too small.
size_t encode(const Summary& summary, std::span<uint8_t> out);
/// One whole payload; false for anything that does not follow the CDDL or its limits. Unknown keys
/// are ignored.
bool decode(std::span<const uint8_t> payload, Summary& summary);

/// What a device with this summary takes at these levels in the coming `step_s` seconds, steps:
/// forecast and stores.
int64_t expected_power(const Summary& summary, const Levels& levels, uint32_t step_s);

}  // namespace ganglion::coordinate
