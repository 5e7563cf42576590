#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/learn/share_terms.hpp"

namespace ganglion::together {

/// Why a device does not begin with a prior.
enum class PriorRefusal : uint8_t {
    none = 0,
    malformed = 1,
    unknown_key = 2,
    bad_signature = 3,
    other_class = 4,    ///< of another application, version or group
    older = 5,          ///< than one it has seen
    out_of_bounds = 6,  ///< what no contributors following this bundle's terms come to
    too_late = 7,       ///< it has begun to learn, or does not share at all
};
inline constexpr uint32_t kPriorRefusals = 8;

/// Short lower-case text for logs; never null.
const char* to_string(PriorRefusal refusal);

/// What new devices of a class begin with: the payload of the coordinator's signed envelope.
struct PriorMessage {
    static constexpr size_t kMostGroup = 32;

    std::string_view of;     ///< "APPLICATION VERSION"; a view into the message
    std::string_view group;  ///< the devices' attribute "class"; empty: none. A view, too
    uint32_t sequence = 0;   ///< rises with every prior of the class and group, 1 or more
    uint32_t contributors = 0;
    Shared values{};
    uint32_t count = 0;

    std::span<const int16_t> numbers() const { return std::span(values).first(count); }
};

/// Said in the signature, so that nothing signed for another end passes as a prior.
inline constexpr std::string_view kPriorPurpose = "ganglion-prior";

inline constexpr size_t kMaxPriorBytes = 128;
inline constexpr size_t kMaxPriorEnvelope = kMaxPriorBytes + 96;

/// The payload of the envelope (update::Envelope); 0 where `out` is too small.
size_t encode(const PriorMessage& prior, std::span<uint8_t> out);
/// Strict: unknown keys are refused, because what is not understood must not be begun with.
bool decode(std::span<const uint8_t> payload, PriorMessage& prior);

/// A device that has not begun to learn asks what others of its class have learned.
struct PriorRequest {
    std::string_view of;                        ///< as a Contribution's
    uint32_t sequence = 0;                      ///< of the newest prior it has seen, 0: none
    PriorRefusal refusal = PriorRefusal::none;  ///< why it did not begin with that
};

inline constexpr size_t kMaxPriorRequestBytes = 48;

size_t encode(const PriorRequest& request, std::span<uint8_t> out);
/// One whole payload; false for anything that does not follow the CDDL or its limits.
bool decode(std::span<const uint8_t> payload, PriorRequest& request);

}  // namespace ganglion::together
