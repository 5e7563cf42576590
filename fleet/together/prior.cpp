#include "fleet/together/prior.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::fleet::together {
namespace {

double median(std::vector<double>& values) {
    const size_t middle = values.size() / 2;
    std::ranges::nth_element(values, values.begin() + long(middle));
    const double upper = values[middle];
    if (values.size() % 2 != 0) return upper;
    return (upper + *std::max_element(values.begin(), values.begin() + long(middle))) / 2;
}

}  // namespace

const char* fault_of(const device::ShareTerms& terms, const device::Contribution& contribution) {
    if (contribution.count != terms.count) return "not as many numbers as its terms say";
    const int64_t most = terms.radius + device::kFarthestSigmas * terms.sigma;
    for (uint32_t i = 0; i < terms.count; ++i)
        if (std::abs(int64_t{contribution.values[i]} - terms.centre[i]) > most)
            return "farther from the centre than its terms allow";
    return nullptr;
}

double PrivacyCost::epsilon(double delta) const {
    return rho + 2 * std::sqrt(rho * std::log(1 / delta));
}

PrivacyCost cost_of(const device::ShareTerms& terms, uint32_t contributions) {
    const double apart = 2.0 * terms.radius / terms.sigma;
    return {apart * apart / 2 * contributions};
}

std::optional<Prior> aggregate(const device::ShareTerms& terms,
                               std::span<const device::Contribution> contributions) {
    std::vector<const device::Contribution*> taken;
    for (const device::Contribution& contribution : contributions)
        if (fault_of(terms, contribution) == nullptr) taken.push_back(&contribution);
    if (taken.size() < kLeastContributors) return std::nullopt;
    Prior prior;
    prior.count = terms.count;
    prior.contributors = static_cast<uint32_t>(taken.size());
    prior.refused = static_cast<uint32_t>(contributions.size() - taken.size());
    for (uint32_t i = 0; i < terms.count; ++i) {
        std::vector<double> values;
        values.reserve(taken.size());
        for (const device::Contribution* contribution : taken)
            values.push_back(contribution->values[i]);
        prior.values[i] = static_cast<int16_t>(
            std::clamp<double>(std::lround(median(values)) + long(terms.wider), 0, INT16_MAX));
    }
    return prior;
}

}  // namespace ganglion::fleet::together
