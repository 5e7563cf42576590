#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/learn/share_terms.hpp"
#include "device/together/discrete_gaussian.hpp"

namespace ganglion::together {

/// What a device lets others have of its learned normal: never a sample, and not even the numbers
/// themselves, but those clipped and with noise. Any two devices' contributions differ by at most
/// 2 radius before the noise, so that one costs rho = (2 radius)^2 / (2 sigma^2) of zero-
/// concentrated differential privacy (Bun and Steinke 2016, proposition 1.6; for the discrete
/// Gaussian: Canonne, Kamath and Steinke 2020, theorem 14), also against the coordinator.
struct Contribution {
    static constexpr size_t kMostClass = 32;

    std::string_view of;    ///< class of devices: "APPLICATION VERSION"; a view into the message
    uint32_t sequence = 0;  ///< how many this device has made, with this one: its cost so far
    std::array<int32_t, kMostShared> values{};
    uint32_t count = 0;
};

/// Clips and adds noise. `learned`: terms.count numbers as Learner::share() gives them.
Contribution contribute(const ShareTerms& terms, std::span<const int16_t> learned,
                        const RandomWords& random);

/// No device that follows the terms says anything farther from the centre than the radius and so
/// many deviations of the noise (with probability below 1e-7).
inline constexpr uint32_t kFarthestSigmas = 6;

inline constexpr size_t kMaxContributionBytes = 96;

/// The bytes written, 0 where `out` is too small.
size_t encode(const Contribution& contribution, std::span<uint8_t> out);
/// One whole payload; false for anything that does not follow the CDDL or its limits.
bool decode(std::span<const uint8_t> payload, Contribution& contribution);

}  // namespace ganglion::together
