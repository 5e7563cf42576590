#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/coordinate/store.hpp"

namespace ganglion::coordinate {

using Levels = std::array<int32_t, kStoreKinds>;  ///< by StoreKind, as for respond()

/// Why a device does not follow a set-point.
enum class Refusal : uint8_t {
    none = 0,
    malformed = 1,
    unknown_key = 2,
    bad_signature = 3,
    not_for_me = 4,
    replayed = 5,  ///< not newer than one it had
    expired = 6,
    too_early = 7,  ///< from the future: one of the clocks is wrong
    too_long = 8,   ///< would bind the device for longer than it allows
    out_of_bounds = 9,
    unsafe = 10,  ///< would break a limit of the place itself
};
inline constexpr uint32_t kRefusals = 11;

/// Short lower-case text for logs; never null.
const char* to_string(Refusal refusal);

/// What the coordinator answers to a device or a group of devices: levels for the coming steps.
struct SetPoint {
    static constexpr uint32_t kMostSteps = 8;
    static constexpr size_t kMostTarget = 32;

    std::string_view target;  ///< a device's id or its group's; a view into the message
    uint32_t sequence = 0;    ///< rises with every set-point for a target, 1 or more
    uint32_t issued_s = 0;    ///< s since 1970
    uint32_t valid_s = 0;     ///< so long after that it expires
    uint32_t step_s = 0;      ///< levels[i] holds from issued_s + i * step_s; the last one longer
    std::array<Levels, kMostSteps> levels{};
    uint32_t steps = 0;
};

inline constexpr size_t kMaxSetPointBytes = 192;
inline constexpr size_t kMaxSetPointEnvelope = kMaxSetPointBytes + 96;

/// Said in the signature, so that nothing signed for another end passes as a set-point.
inline constexpr std::string_view kSetPointPurpose = "ganglion-set-point";

/// The payload of the envelope (update::Envelope); 0 where `out` is too small.
size_t encode(const SetPoint& set_point, std::span<uint8_t> out);
/// Strict: unknown keys are refused, because what is not understood must not be followed in part.
bool decode(std::span<const uint8_t> payload, SetPoint& set_point);

}  // namespace ganglion::coordinate
