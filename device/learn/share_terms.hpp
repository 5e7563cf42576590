#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ganglion {

/// At most so many numbers of what a learner knows may be shared.
inline constexpr uint32_t kMostShared = 8;
using Shared = std::array<int16_t, kMostShared>;  ///< log2, 1/256

/// The largest standard deviation of the noise on a shared number.
inline constexpr uint32_t kMostSigma = 4096;

/// How a class of devices shares what it learned (little-endian, no padding; the last bytes of a
/// bundle's LEARNER section). Public, the same for all of the class, signed with the bundle and so
/// fixed before anything is learned: only so is a contribution's privacy cost known beforehand, and
/// nobody but the maker can raise it.
struct ShareTerms {
    Shared centre{};             ///< what a contribution is clipped around
    uint32_t count = 0;          ///< numbers of a contribution, 1..kMostShared
    uint32_t radius = 0;         ///< a contribution is clipped to this Euclidean distance, 1/256
    uint32_t sigma = 0;          ///< deviation of the noise of each number, 1..kMostSigma
    uint32_t period_s = 0;       ///< at least so long from one contribution to the next
    uint32_t contributions = 0;  ///< a device makes at most so many in its life
    uint32_t wider = 0;          ///< the coordinator adds it to a prior's numbers, 1/256

    bool valid() const {
        return count >= 1 && count <= kMostShared && radius >= 1 && radius <= 1U << 14U &&
               sigma >= 1 && sigma <= kMostSigma && period_s >= 1 && contributions >= 1 &&
               contributions <= 1000 && wider <= 4096;
    }
    friend bool operator==(const ShareTerms&, const ShareTerms&) = default;
};
static_assert(sizeof(ShareTerms) == 40);

}  // namespace ganglion
