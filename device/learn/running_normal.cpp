#include "device/learn/running_normal.hpp"

#include <algorithm>

namespace ganglion {

void RunningNormal::start(std::span<Feature> state, uint32_t frames) {
    features_ = state;
    frames_ = frames;
    seen_ = 0;
    std::fill(features_.begin(), features_.end(), Feature{});
}

void RunningNormal::learn(const int16_t* values) {
    if (ready()) return;
    ++seen_;
    const auto count = static_cast<int32_t>(seen_);
    for (size_t i = 0; i < features_.size(); ++i) {
        Feature& feature = features_[i];
        feature.sum += values[i];  // at most 2^16 frames of 2^15
        const int32_t distance = values[i] - feature.sum / count;
        feature.deviation_sum += static_cast<uint32_t>(distance < 0 ? -distance : distance);
    }
    if (!ready()) return;
    for (Feature& feature : features_) {
        feature.mean_q8 = static_cast<int32_t>(int64_t{feature.sum} * 256 / count);
        const int64_t deviation_q8 =
            std::max<int64_t>(int64_t{feature.deviation_sum} * 256 / count, least_deviation * 256);
        feature.inverse_q24 = static_cast<int32_t>(
            ((int64_t{steps_per_deviation} << 32U) + deviation_q8 / 2) / deviation_q8);
    }
}

void RunningNormal::standardise(const int16_t* values, int8_t* out) const {
    for (size_t i = 0; i < features_.size(); ++i) {
        const Feature& feature = features_[i];
        const int64_t distance_q8 = int64_t{values[i]} * 256 - feature.mean_q8;
        const int64_t steps = (distance_q8 * feature.inverse_q24 + (int64_t{1} << 31U)) >> 32U;
        out[i] = static_cast<int8_t>(std::clamp<int64_t>(steps, -128, 127));
    }
}

}  // namespace ganglion
