#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "device/together/contribution.hpp"

namespace ganglion::fleet::together {

namespace device {
using namespace ganglion::together;
using ganglion::Shared;
using ganglion::ShareTerms;
}  // namespace device

/// What a contribution costs its device: zero-concentrated differential privacy of parameter `rho`
/// (Bun and Steinke, "Concentrated Differential Privacy", TCC 2016). Several add up.
struct PrivacyCost {
    double rho = 0;
    /// The (epsilon, delta) that it implies: rho + 2 sqrt(rho ln(1 / delta)) (the same, proposition
    /// 1.3).
    double epsilon(double delta) const;
};
PrivacyCost cost_of(const device::ShareTerms& terms, uint32_t contributions = 1);

/// What new devices of a class begin with.
struct Prior {
    device::Shared values{};
    uint32_t count = 0;
    uint32_t contributors = 0;
    uint32_t refused = 0;  ///< contributions that no device following the terms would have made

    std::span<const int16_t> numbers() const { return std::span(values).first(count); }
};

/// Fewer contributors give no prior.
inline constexpr uint32_t kLeastContributors = 8;

/// What is wrong with a contribution under these terms: no device that follows them would have made
/// it. Null where it may count.
const char* fault_of(const device::ShareTerms& terms, const device::Contribution& contribution);

/// The coordinate-wise median of the contributions, one of each device: as long as fewer than half
/// are wrong it lies within the range of the right ones, whatever the wrong ones say (Yin et al.,
/// "Byzantine-Robust Distributed Learning", ICML 2018). Nothing where too few are left. The median
/// of clipped and noised numbers is processing of what the noise already protects: it costs no
/// privacy. Each number is widened by what the terms say.
std::optional<Prior> aggregate(const device::ShareTerms& terms,
                               std::span<const device::Contribution> contributions);

}  // namespace ganglion::fleet::together
