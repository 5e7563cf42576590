#include "train/fit/scaling.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace ganglion::train {

std::vector<ValueScaling> choose_scaling(std::span<const int16_t> raw, uint32_t values) {
    const size_t frames = values == 0 ? 0 : raw.size() / values;
    if (frames == 0) throw std::runtime_error("no feature frame in split 'train' to scale by");
    std::vector<ValueScaling> scalings;
    std::vector<int16_t> column(frames);
    for (uint32_t v = 0; v < values; ++v) {
        for (size_t f = 0; f < frames; ++f) column[f] = raw[f * values + v];
        std::sort(column.begin(), column.end());
        const double middle = column[frames / 2];
        const auto cut = static_cast<size_t>(static_cast<double>(frames) * 0.005);
        const double reach = std::max(middle - column[cut], column[frames - 1 - cut] - middle);
        scalings.push_back({middle, reach > 0 ? 127 / reach : 1});
    }
    return scalings;
}

int8_t scaled(const ValueScaling& scaling, int16_t raw) {
    const double steps = std::nearbyint((raw - scaling.offset) * scaling.steps);
    return static_cast<int8_t>(std::clamp(steps, -128.0, 127.0));
}

}  // namespace ganglion::train
