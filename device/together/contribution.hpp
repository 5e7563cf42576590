#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/learn/learner.hpp"
#include "device/together/discrete_gaussian.hpp"

namespace ganglion::together {

using Shared = std::array<int16_t, Learner::kMostShared>;  ///< log2, 1/256

/// How a class of devices shares what it learned; public, the same for all of the class, and fixed
/// before anything is learned: only so is a contribution's privacy cost known beforehand.
struct ShareTerms {
    Shared centre{};      ///< what a contribution is clipped around
    uint32_t count = 0;   ///< numbers of a contribution, 1..kMostShared
    uint32_t radius = 0;  ///< a contribution is clipped to this Euclidean distance, 1/256
    uint32_t sigma = 0;   ///< standard deviation of the noise of each number, 1..kMostSigma
    bool valid() const;
};

/// What a device lets others have of its learned normal: never a sample, and not even the numbers
/// themselves, but those clipped and with noise. Any two devices' contributions differ by at most
/// 2 radius before the noise, so that one costs rho = (2 radius)^2 / (2 sigma^2) of zero-
/// concentrated differential privacy (Bun and Steinke 2016, proposition 1.6; for the discrete
/// Gaussian: Canonne, Kamath and Steinke 2020, theorem 14), also against the coordinator.
struct Contribution {
    static constexpr size_t kMostClass = 32;

    std::string_view of;    ///< class of devices: application and version; a view into the message
    uint32_t sequence = 0;  ///< how many this device has made, with this one: its cost so far
    std::array<int32_t, Learner::kMostShared> values{};
    uint32_t count = 0;
};

/// Clips and adds noise. `learned`: terms.count numbers as Learner::share() gives them.
Contribution contribute(const ShareTerms& terms, std::span<const int16_t> learned,
                        const RandomWords& random);

inline constexpr size_t kMaxContributionBytes = 96;

/// The bytes written, 0 where `out` is too small.
size_t encode(const Contribution& contribution, std::span<uint8_t> out);
/// One whole payload; false for anything that does not follow the CDDL or its limits.
bool decode(std::span<const uint8_t> payload, Contribution& contribution);

}  // namespace ganglion::together
