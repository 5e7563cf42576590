#include "device/decide/decision.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion {

namespace {

// (value * multiplier / 2^shift, rounded) in 0..1000. Values from 2^48 count as the largest below
// it: the product with a multiplier below 2^15 then fits.
uint16_t scaled_score(uint64_t value, const DecisionParameters& parameters) {
    value = std::min(value, (uint64_t{1} << 48U) - 1U);
    const uint64_t half = uint64_t{1} << (parameters.score_shift - 1U);
    const uint64_t score = (value * parameters.score_multiplier + half) >> parameters.score_shift;
    return static_cast<uint16_t>(std::min<uint64_t>(score, kFullScore));
}

uint64_t squared_difference(const DecisionParameters& parameters, std::span<const int8_t> input,
                            const int8_t* output) {
    uint64_t sum = 0;
    for (const int8_t value : input) {
        const int32_t in_q4 = (value - parameters.input_zero_point) * 16;
        const int64_t out_q16 = (int64_t{*output++} - parameters.output_zero_point) *
                                static_cast<int64_t>(parameters.rescale_q16);
        const int64_t difference = in_q4 - ((out_q16 + (1 << 11)) >> 12U);
        sum += static_cast<uint64_t>(difference * difference);
    }
    return sum;
}

bool is_zero_point(int32_t value) {
    return value >= -128 && value <= 127;
}

}  // namespace

Status parse_decision(std::span<const uint8_t> bytes, DecisionParameters& parameters) {
    if (bytes.size() < sizeof(DecisionParameters)) return Status::truncated;
    if (bytes.size() > sizeof(DecisionParameters)) return Status::bad_shape;
    DecisionParameters p;
    std::memcpy(&p, bytes.data(), sizeof p);
    const bool reconstruction = p.kind == static_cast<uint32_t>(DecisionKind::reconstruction_error);
    if (p.kind != static_cast<uint32_t>(DecisionKind::class_probability) && !reconstruction) {
        return Status::unsupported;
    }
    if (p.average < 1 || p.average > kMaximumAverage) return Status::bad_value;
    if (p.threshold < 1 || p.threshold > kFullScore) return Status::bad_value;
    if (p.consecutive < 1 || p.consecutive > 1000) return Status::bad_value;
    if (!is_zero_point(p.output_zero_point) || !is_zero_point(p.input_zero_point)) {
        return Status::bad_value;
    }
    // Bounds under which no score overflows: a rescaling of at most 16.
    if (reconstruction && (p.rescale_q16 < 1 || p.rescale_q16 > 16U << 16U)) {
        return Status::bad_value;
    }
    if (!reconstruction && p.rescale_q16 != 0) return Status::bad_value;
    if (p.score_multiplier < 1 || p.score_multiplier >= 1U << 15U) return Status::bad_value;
    if (p.score_shift < 1 || p.score_shift > 62) return Status::bad_value;
    parameters = p;
    return Status::ok;
}

uint16_t class_score(const DecisionParameters& parameters, int8_t output) {
    const int32_t steps = output - parameters.output_zero_point;
    return steps <= 0 ? 0 : scaled_score(static_cast<uint64_t>(steps), parameters);
}

uint16_t reconstruction_score(const DecisionParameters& parameters, std::span<const int8_t> older,
                              std::span<const int8_t> newer, std::span<const int8_t> output) {
    const uint64_t sum = squared_difference(parameters, older, output.data()) +
                         squared_difference(parameters, newer, output.data() + older.size());
    return scaled_score(sum, parameters);
}

void Decider::start(const DecisionParameters& parameters, uint32_t rate_hz) {
    *this = Decider();
    parameters_ = parameters;
    gap_samples_ = uint64_t{parameters.minimum_gap_ms} * rate_hz / 1000U;
}

Decision Decider::decide(uint64_t sample, uint16_t score) {
    sum_ += score;
    sum_ -= scores_[next_];
    scores_[next_] = score;
    next_ = next_ + 1 == parameters_.average ? 0 : next_ + 1;

    Decision decision;
    decision.sample = sample;
    decision.score_permille = static_cast<uint16_t>(sum_ / parameters_.average);
    decision.label = static_cast<uint8_t>(parameters_.label);
    if (decision.score_permille < parameters_.threshold) {
        above_ = 0;
        armed_ = true;
        return decision;
    }
    if (above_ < parameters_.consecutive) ++above_;
    const bool gap_passed = !fired_before_ || sample - fired_at_ >= gap_samples_;
    if (armed_ && gap_passed && above_ == parameters_.consecutive) {
        decision.fired = true;
        armed_ = false;
        fired_before_ = true;
        fired_at_ = sample;
    }
    return decision;
}

}  // namespace ganglion
