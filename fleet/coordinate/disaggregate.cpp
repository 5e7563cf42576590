#include "fleet/coordinate/disaggregate.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::fleet::coordinate {

int32_t mean_response(const device::Store& store, int32_t level, uint32_t step_s) {
    device::Store now = store;
    int64_t sum = 0;
    const uint32_t parts = std::max(1U, step_s / device::kReckonS);
    for (uint32_t part = 0; part < parts; ++part) {
        const int32_t power = device::respond(now, level, step_s / parts);
        device::advance(now, power, step_s / parts);
        sum += power;
    }
    return static_cast<int32_t>(sum / parts);
}

double power_at(std::span<const device::Store* const> stores, int32_t level, uint32_t step_s) {
    double sum = 0;
    for (const device::Store* store : stores) sum += mean_response(*store, level, step_s);
    return sum;
}

int32_t level_for(std::span<const device::Store* const> stores, double power, uint32_t step_s) {
    if (stores.empty()) return 0;
    int32_t low = -device::kMostLevel;
    int32_t high = device::kMostLevel;
    if (power >= 0) {
        low = 0;
    } else {
        high = 0;
    }
    // The least level that reaches the power.
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (power_at(stores, middle, step_s) >= power) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

int32_t level_of(double power, double content, double most) {
    const double base = power >= 0 ? most - content : content;
    if (base < 1) return 0;
    const double level =
        std::clamp(1000 * power / base, -double(device::kMostLevel), double(device::kMostLevel));
    return static_cast<int32_t>(std::lround(level));
}

}  // namespace ganglion::fleet::coordinate
