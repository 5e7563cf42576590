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

bool between(uint32_t value, uint32_t low, uint32_t high) {
    return value >= low && value <= high;
}

bool is_kind(const DecisionParameters& p, DecisionKind kind) {
    return p.kind == static_cast<uint32_t>(kind);
}

uint32_t tracks_of(const DecisionParameters& p) {
    return is_kind(p, DecisionKind::classes) ? p.outputs : 1;
}

bool good_shape(const DecisionParameters& p) {
    if (!between(p.outputs, 1, kMaximumOutputs) || p.label >= p.outputs) return false;
    if (is_kind(p, DecisionKind::classes) && p.label != 0) return false;
    return between(p.frames, 1, 1024) && between(p.stride, 1, 1024) && p.silent <= 1 && p.once <= 1;
}

bool good_rule(const DecisionParameters& p) {
    if (!between(p.average, 1, kMaximumAverage) || !between(p.consecutive, 1, 1000)) return false;
    if (p.votes > 32 || !between(p.majority, p.votes == 0 ? 0 : 1, p.votes)) return false;
    if (p.sequential > 1) return false;
    // Without a sequential test its table is zero, so that there is one way to say it.
    const auto* end = p.evidence_q8 + kEvidenceSteps;
    if (p.sequential == 0) {
        return p.evidence_bound_q8 == 0 &&
               std::all_of(p.evidence_q8, end, [](int16_t value) { return value == 0; });
    }
    return p.evidence_bound_q8 >= 1 && p.evidence_bound_q8 <= 1 << 24;
}

bool good_thresholds(const DecisionParameters& p) {
    const uint32_t tracks = tracks_of(p);
    bool fires = false;
    for (uint32_t i = 0; i < kMaximumOutputs; ++i) {
        const uint16_t threshold = p.thresholds[i];
        const uint16_t release = p.releases[i];
        if (i >= tracks && (threshold != 0 || release != 0)) return false;
        if (threshold > kFullScore) return false;
        if (threshold == 0 && release != 0) return false;
        if (threshold != 0 && release != kAlwaysReleased && !between(release, 1, threshold)) {
            return false;
        }
        fires = fires || threshold != 0;
    }
    return fires;
}

uint32_t ones(uint32_t bits) {
    uint32_t count = 0;
    for (; bits != 0; bits &= bits - 1) ++count;
    return count;
}

}  // namespace

Status parse_decision(std::span<const uint8_t> bytes, DecisionParameters& parameters) {
    if (bytes.size() < sizeof(DecisionParameters)) return Status::truncated;
    if (bytes.size() > sizeof(DecisionParameters)) return Status::bad_shape;
    DecisionParameters p;
    std::memcpy(&p, bytes.data(), sizeof p);
    if (p.kind < static_cast<uint32_t>(DecisionKind::class_probability) ||
        p.kind > static_cast<uint32_t>(DecisionKind::learner)) {
        return Status::unsupported;
    }
    if (!good_shape(p) || !good_rule(p) || !good_thresholds(p)) return Status::bad_value;
    const bool reconstruction = is_kind(p, DecisionKind::reconstruction_error);
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

uint32_t Decider::state_bytes(const DecisionParameters& parameters) {
    const uint32_t history = (parameters.average * uint32_t{sizeof(uint16_t)} + 3U) / 4U * 4U;
    return tracks_of(parameters) * (uint32_t{sizeof(Track)} + history);
}

void Decider::start(const DecisionParameters& parameters, uint64_t gap_samples,
                    std::span<uint8_t> state) {
    *this = Decider();
    parameters_ = parameters;
    gap_samples_ = gap_samples;
    const uint32_t tracks = tracks_of(parameters);
    tracks_ = {reinterpret_cast<Track*>(state.data()), tracks};
    history_ = {reinterpret_cast<uint16_t*>(state.data() + tracks * sizeof(Track)),
                size_t{tracks} * parameters.average};
    resume();
}

void Decider::resume() {
    for (Track& track : tracks_) track = {0, 0, 0, 0, 1};
    std::fill(history_.begin(), history_.end(), uint16_t{0});
    next_ = 0;
}

uint16_t Decider::average(Track& track, uint32_t index, uint16_t score) {
    uint16_t& oldest = history_[index * parameters_.average + next_];
    track.sum += score;
    track.sum -= oldest;
    oldest = score;
    return static_cast<uint16_t>(track.sum / parameters_.average);
}

bool Decider::reaches(Track& track, uint32_t index, uint16_t average) const {
    if (parameters_.sequential == 0) return average >= parameters_.thresholds[index];
    const uint32_t step = average * kEvidenceSteps / (kFullScore + 1U);
    track.evidence_q8 = std::clamp<int32_t>(track.evidence_q8 + parameters_.evidence_q8[step], 0,
                                            parameters_.evidence_bound_q8);
    return track.evidence_q8 == parameters_.evidence_bound_q8;
}

bool Decider::persists(Track& track, bool reached) const {
    if (parameters_.votes != 0) {
        track.votes = track.votes << 1U | (reached ? 1U : 0U);
        const uint32_t window = UINT32_MAX >> (32U - parameters_.votes);
        return ones(track.votes & window) >= parameters_.majority;
    }
    if (!reached) track.above = 0;
    if (reached && track.above < parameters_.consecutive) ++track.above;
    return track.above == parameters_.consecutive;
}

Decision Decider::decide(uint64_t sample, std::span<const uint16_t> scores) {
    Decision decision;
    decision.sample = sample;
    const bool gap_passed = !fired_before_ || sample - fired_at_ >= gap_samples_;
    Track* best = nullptr;
    for (uint32_t i = 0; i < tracks_.size() && i < scores.size(); ++i) {
        if (parameters_.thresholds[i] == 0) continue;
        Track& track = tracks_[i];
        const uint16_t level = average(track, i, scores[i]);
        const bool reached = reaches(track, i, level);
        const bool released =
            parameters_.sequential == 0 ? level < parameters_.releases[i] : track.evidence_q8 == 0;
        if (released) track.armed = 1;
        const bool fires = persists(track, reached) && track.armed != 0 && gap_passed;
        decision.above = decision.above || reached;
        // The highest average is told; but one that fires goes before any that does not.
        if (best != nullptr &&
            (fires == decision.fired ? level <= decision.score_permille : decision.fired)) {
            continue;
        }
        best = &track;
        decision.score_permille = level;
        decision.label = static_cast<uint8_t>(parameters_.first_label + parameters_.label + i);
        decision.fired = fires;
    }
    next_ = next_ + 1 == parameters_.average ? 0 : next_ + 1;
    if (!decision.fired) return decision;
    best->armed = 0;
    fired_before_ = true;
    fired_at_ = sample;
    return decision;
}

}  // namespace ganglion
