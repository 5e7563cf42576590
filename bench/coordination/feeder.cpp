#include "bench/coordination/feeder.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::bench::grid {
namespace {

constexpr double kVoltageError = 0.01;  ///< of the strain that a home sees

}  // namespace

double carry(const Scene& scene, uint32_t feeder, uint32_t step, std::vector<Home>& homes,
             bool eases, const std::function<void(uint32_t home, double power)>& read) {
    const uint32_t begin = feeder * scene.options().homes_per_feeder;
    const uint32_t end = begin + scene.options().homes_per_feeder;
    double own = 0;
    for (uint32_t home = begin; home < end; ++home) own += scene.own_use(home, step);
    const double limit = scene.limit(feeder);
    const auto seen = [&](uint32_t home, double strain) {
        const double error = 1 + kVoltageError * normal_of(6, home, step);
        return static_cast<uint16_t>(std::clamp(strain * error, 0.0, 1000.0));
    };
    const auto load = [&](double strain, bool backward) {
        double sum = own;
        for (uint32_t home = begin; home < end; ++home)
            sum += homes[home].power(seen(home, strain), backward, eases);
        return sum;
    };
    const bool backward = load(0, false) < 0;
    double strain = 0;
    if (eases && std::abs(load(0, backward)) > limit * device::kEased / 1000) {
        double low = device::kEased;
        double high = 1000;
        for (int round = 0; round < 12; ++round) {
            const double middle = (low + high) / 2;
            (std::abs(load(middle, backward)) > limit * middle / 1000 ? low : high) = middle;
        }
        strain = high;
    }
    double sum = own;
    for (uint32_t home = begin; home < end; ++home) {
        const int32_t stores = homes[home].power(seen(home, strain), backward, eases);
        sum += stores;
        read(home, scene.own_use(home, step) + stores);
        homes[home].live(step, seen(home, strain), backward, eases);
    }
    return sum;
}

}  // namespace ganglion::bench::grid
