#include "train/fit/spectrum_change.hpp"

#include <algorithm>

namespace ganglion::train {

SpectrumChange::SpectrumChange(int32_t bands, Random& random)
    : bands_(bands),
      shift_(random.uniform(-10, 10)),
      tilt_(random.uniform(-10, 10)),
      stretch_(random.chance(0.6) ? random.uniform(-0.07, 0.07) : 0) {}

float SpectrumChange::at(const int8_t* frame, int32_t band) const {
    const double from = std::clamp(band * (1 + stretch_), 0.0, bands_ - 1.0);
    const auto low = std::min(static_cast<int32_t>(from), bands_ - 2);
    const auto part = static_cast<float>(from - low);
    const auto added = static_cast<float>(shift_ + tilt_ * (2.0 * band / (bands_ - 1) - 1));
    const float value = static_cast<float>(frame[low]) * (1 - part) +
                        static_cast<float>(frame[low + 1]) * part + added;
    return std::clamp(value, -128.0F, 127.0F);
}

void mask_spectrum(float* values, int32_t bands, int32_t frames, Random& random) {
    if (random.chance(0.5)) {
        const auto width = static_cast<int32_t>(1 + random.below(5));
        const auto at =
            static_cast<int32_t>(random.below(static_cast<uint64_t>(std::max(1, bands - width))));
        std::fill(values + at * frames, values + std::min(at + width, bands) * frames, 0.0F);
    }
    if (random.chance(0.3)) {
        const auto width = static_cast<int32_t>(1 + random.below(4));
        const auto at =
            static_cast<int32_t>(random.below(static_cast<uint64_t>(std::max(1, frames - width))));
        for (int32_t band = 0; band < bands; ++band) {
            float* row = values + band * frames;
            std::fill(row + at, row + std::min(at + width, frames), 0.0F);
        }
    }
}

}  // namespace ganglion::train
