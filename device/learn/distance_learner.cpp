#include "device/learn/distance_learner.hpp"

#include <algorithm>
#include <cstring>

#include "device/features/integer_log2.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kFarthestQ4 = 1U << 13U;  // 512 deviations: squared and summed far below 2^64
constexpr uint32_t kOutlierQ4 = 16U * 16U;
constexpr uint32_t kLeastFrames = 8;  // before these, nothing is known well enough to refuse
constexpr uint32_t kGroups = 8;
constexpr uint32_t kPrimedShare = 4;  // a primed device needs one frame in so many
constexpr int32_t kLargestLog = 24 * 256;

uint32_t magnitude(int32_t value) {
    return static_cast<uint32_t>(value < 0 ? -value : value);
}

}  // namespace

Status DistanceLearner::parse(const LearnerHeader& header, uint32_t values,
                              std::span<const uint8_t> bytes, Parameters& parameters) {
    if (bytes.size() != sizeof(DistanceParameters)) return Status::bad_shape;
    DistanceParameters p;
    std::memcpy(&p, bytes.data(), sizeof p);
    if (header.outputs != 1) return Status::bad_value;
    if (p.learn_frames < kLeastFrames || p.learn_frames > 65536) return Status::bad_value;
    if (p.adapt_shift < 4 || p.adapt_shift > 16) return Status::bad_value;
    if (p.refuse < 1 || p.refuse > 1001) return Status::bad_value;
    if (p.least_deviation < 1 || p.least_deviation > 4096) return Status::bad_value;
    if (p.doublings_q8 < 64 || p.doublings_q8 > 9 * 256) return Status::bad_value;
    static_cast<DistanceParameters&>(parameters) = p;
    parameters.values = values;
    return Status::ok;
}

uint32_t DistanceLearner::state_bytes(const Parameters& parameters) {
    return 8U + parameters.values * uint32_t{sizeof(Feature)};
}

void DistanceLearner::bind(const Parameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    seen_ = reinterpret_cast<uint32_t*>(state.data());
    features_ = {reinterpret_cast<Feature*>(state.data() + 8), parameters.values};
    refused_ = 0;
}

void DistanceLearner::start(const Parameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    *seen_ = 0;
    std::fill(features_.begin(), features_.end(), Feature{});
}

bool DistanceLearner::resume(const Parameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    if (seen() > 1U << 16U) return false;
    // Frames are int16: a mean or deviation beyond them was never learned.
    return std::all_of(features_.begin(), features_.end(), [](const Feature& feature) {
        return feature.mean_q8 >= -(1 << 23) && feature.mean_q8 < 1 << 23 &&
               feature.deviation_q8 <= 1U << 24U;
    });
}

uint32_t DistanceLearner::needed() const {
    return primed() ? parameters_.learn_frames / kPrimedShare : parameters_.learn_frames;
}

uint32_t DistanceLearner::group_values(const Parameters& parameters) {
    return (parameters.values + kGroups - 1) / kGroups;
}

uint32_t DistanceLearner::shared_numbers(const Parameters& parameters) {
    const uint32_t each = group_values(parameters);
    return (parameters.values + each - 1) / each;
}

uint32_t DistanceLearner::share(std::span<int16_t> shared) const {
    const uint32_t each = group_values(parameters_);
    const uint32_t groups = shared_numbers(parameters_);
    if (!ready() || shared.size() < groups) return 0;
    for (uint32_t group = 0; group < groups; ++group) {
        const uint32_t begin = group * each;
        const uint32_t end = std::min(begin + each, parameters_.values);
        int32_t sum = 0;
        for (uint32_t i = begin; i < end; ++i)
            sum += log2_q8(
                std::max(features_[i].deviation_q8, uint32_t{parameters_.least_deviation} * 256U));
        shared[group] =
            static_cast<int16_t>(sum / std::max<int32_t>(1, static_cast<int32_t>(end - begin)));
    }
    return groups;
}

bool DistanceLearner::prime(std::span<const int16_t> prior) {
    const uint32_t each = group_values(parameters_);
    const bool good = std::all_of(prior.begin(), prior.end(),
                                  [](int16_t log) { return log >= 0 && log <= kLargestLog; });
    if (ready() || primed() || !good || prior.size() != shared_numbers(parameters_)) return false;
    // As if it had been there from the start: what has been seen and what the prior stands for.
    const uint64_t own = seen();
    const uint64_t spared = parameters_.learn_frames - parameters_.learn_frames / kPrimedShare;
    for (uint32_t i = 0; i < parameters_.values; ++i)
        features_[i].deviation_q8 = static_cast<uint32_t>(
            (own * features_[i].deviation_q8 + spared * exp2_q8(prior[i / each])) / (own + spared));
    *seen_ |= kPrimed;
    return true;
}

uint32_t DistanceLearner::distance_q4(const Feature& feature, int16_t value) const {
    const uint32_t far_q8 = magnitude(value * 256 - feature.mean_q8);  // below 2^24
    const uint32_t deviation =
        std::max(feature.deviation_q8, uint32_t{parameters_.least_deviation} * 256U);
    return std::min(far_q8 * 16U / deviation, kFarthestQ4);
}

void DistanceLearner::learn(std::span<const int16_t> values) {
    const uint32_t most = 1U << parameters_.adapt_shift;
    const uint32_t learned = std::max(most, parameters_.learn_frames);
    if (seen() < learned) ++*seen_;
    const auto weight = static_cast<int32_t>(std::min(seen(), most));
    // A prior stands for the frames that it spares.
    const uint32_t spared = primed() ? parameters_.learn_frames - needed() : 0;
    const auto deviation_weight = static_cast<int32_t>(std::min(seen() + spared, most));
    for (size_t i = 0; i < features_.size(); ++i) {
        Feature& feature = features_[i];
        const int32_t step = values[i] * 256 - feature.mean_q8;
        feature.mean_q8 += step / weight;
        // Around the mean so far; the first frame has none to be far from.
        if (seen() == 1) continue;
        const uint32_t far = magnitude(values[i] * 256 - feature.mean_q8);
        const auto change = static_cast<int32_t>(far) - static_cast<int32_t>(feature.deviation_q8);
        feature.deviation_q8 = static_cast<uint32_t>(static_cast<int32_t>(feature.deviation_q8) +
                                                     change / deviation_weight);
    }
}

void DistanceLearner::learn_first(std::span<const int16_t> values, bool outlier) {
    if (outlier) {
        ++refused_;
        if (++refused_in_row_ < parameters_.learn_frames) return;
        *seen_ = 0;
        std::fill(features_.begin(), features_.end(), Feature{});
    }
    refused_in_row_ = 0;
    learn(values);
}

bool DistanceLearner::push(std::span<const int16_t> values, std::span<uint8_t> /*scratch*/,
                           std::span<uint16_t> scores) {
    uint64_t sum = 0;
    uint32_t farthest = 0;
    for (size_t i = 0; i < features_.size(); ++i) {
        const uint32_t distance = distance_q4(features_[i], values[i]);
        sum += uint64_t{distance} * distance;
        farthest = std::max(farthest, distance);
    }
    if (!ready()) {
        learn_first(values, seen() >= kLeastFrames && farthest > kOutlierQ4);
        return false;
    }
    const uint64_t square_q8 = sum / features_.size();
    const int32_t log_q8 = square_q8 == 0 ? 0 : log2_q8(square_q8) - 8 * 256;
    const int32_t score = std::max<int32_t>(log_q8, 0) * int32_t{500} / parameters_.doublings_q8;
    scores[0] = static_cast<uint16_t>(std::min(score, int32_t{1000}));
    if (scores[0] < parameters_.refuse)
        learn(values);
    else
        ++refused_;
    return true;
}

}  // namespace ganglion
