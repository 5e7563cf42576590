#include "train/evaluate/bootstrap.hpp"

#include <algorithm>

#include "train/synthesis/random.hpp"

namespace ganglion::train {

Interval bootstrap_ratio(const std::vector<std::vector<RatioBlock>>& groups, uint32_t resamples) {
    if (groups.empty()) return {};
    Random random(1);
    std::vector<double> ratios;
    for (uint32_t i = 0; i < resamples; ++i) {
        RatioBlock sum;
        for (size_t g = 0; g < groups.size(); ++g) {
            const auto& group = groups[random.below(static_cast<uint32_t>(groups.size()))];
            for (size_t b = 0; b < group.size(); ++b) {
                const auto& block = group[random.below(static_cast<uint32_t>(group.size()))];
                sum.above += block.above;
                sum.below += block.below;
            }
        }
        ratios.push_back(sum.below == 0 ? 0 : sum.above / sum.below);
    }
    std::ranges::sort(ratios);
    const auto at = [&](double share) {
        return ratios[static_cast<size_t>(share * static_cast<double>(ratios.size() - 1))];
    };
    return {at(0.025), at(0.975)};
}

}  // namespace ganglion::train
