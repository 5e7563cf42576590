#include "device/learn/prototypes.hpp"

#include <algorithm>

namespace ganglion {

namespace {

constexpr uint32_t kMaximumClasses = 16;
constexpr uint32_t kMaximumPoints = 64;
constexpr uint32_t kFar = UINT32_MAX / 2;
constexpr uint32_t kNone = UINT32_MAX;

}  // namespace

Status check(const PrototypeParameters& p) {
    if (p.points < 1 || p.points > kMaximumPoints || p.width < 1 || p.width > 16)
        return Status::bad_shape;
    if (p.classes < 1 || p.classes > kMaximumClasses) return Status::bad_shape;
    if (p.per_class < Prototypes::kLeastExamples || p.per_class > 10) return Status::bad_value;
    if (p.band > p.points || p.refuse_q8 < 256) return Status::bad_value;
    return Status::ok;
}

uint32_t warped_distance(const int8_t* a, const int8_t* b, uint32_t points, uint32_t width,
                         uint32_t band, uint32_t* row) {
    uint32_t* before = row;
    uint32_t* now = row + points + 1U;
    std::fill_n(before, points + 1U, kFar);
    before[0] = 0;
    for (uint32_t i = 0; i < points; ++i) {
        std::fill_n(now, points + 1U, kFar);
        const uint32_t first = i > band ? i - band : 0;
        const uint32_t end = std::min(points, i + band + 1U);
        for (uint32_t j = first; j < end; ++j) {
            uint32_t cost = 0;
            for (uint32_t k = 0; k < width; ++k) {
                const int32_t d = a[i * width + k] - b[j * width + k];
                cost += static_cast<uint32_t>(d < 0 ? -d : d);
            }
            now[j + 1U] = cost + std::min({before[j], before[j + 1U], now[j]});
        }
        std::swap(before, now);
    }
    return before[points] / points;
}

uint32_t Prototypes::state_bytes(const PrototypeParameters& p) {
    const uint32_t examples = uint32_t{p.classes} * p.per_class * p.points * p.width;
    return kMaximumClasses + (examples + 3U) / 4U * 4U;
}

uint32_t Prototypes::scratch_bytes(const PrototypeParameters& p) {
    return 2U * (p.points + 1U) * uint32_t{sizeof(uint32_t)};
}

void Prototypes::start(const PrototypeParameters& parameters, std::span<uint8_t> state) {
    *this = Prototypes();
    parameters_ = parameters;
    state_ = state.first(state_bytes(parameters));
    forget_all();
}

void Prototypes::forget_all() {
    std::fill(state_.begin(), state_.end(), uint8_t{0});
    std::fill(std::begin(spread_), std::end(spread_), 0U);
}

void Prototypes::forget(uint16_t label) {
    if (label >= parameters_.classes) return;
    state_[label] = 0;
    spread_[label] = 0;
}

uint16_t Prototypes::examples(uint16_t label) const {
    return label < parameters_.classes ? state_[label] : uint16_t{0};
}

const int8_t* Prototypes::example_at(uint32_t label, uint32_t index) const {
    const size_t at = size_t{label * parameters_.per_class + index} * values();
    return reinterpret_cast<const int8_t*>(state_.data() + kMaximumClasses + at);
}

// Distance to the nearest example of a class, leaving out one; kFar where there is none.
uint32_t Prototypes::nearest(uint32_t label, const int8_t* frame, uint32_t skip,
                             uint32_t* row) const {
    uint32_t best = kFar;
    for (uint32_t i = 0; i < state_[label]; ++i) {
        if (i == skip) continue;
        best = std::min(best, warped_distance(frame, example_at(label, i), parameters_.points,
                                              parameters_.width, parameters_.band, row));
    }
    return best;
}

// How far a class's examples lie from each other.
void Prototypes::measure(uint32_t label, uint32_t* row) {
    const uint32_t count = state_[label];
    spread_[label] = 0;
    if (count < 2) return;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; ++i) sum += nearest(label, example_at(label, i), i, row);
    spread_[label] = std::max<uint32_t>(sum / count, 1U);
}

Prototypes::Taught Prototypes::teach(uint16_t label, std::span<const int8_t> example,
                                     std::span<uint8_t> scratch) {
    if (label >= parameters_.classes || example.size() != values()) return Taught::outlier;
    if (state_[label] >= parameters_.per_class) return Taught::full;
    auto* row = reinterpret_cast<uint32_t*>(scratch.data());
    const uint32_t own = nearest(label, example.data(), kNone, row);
    // Two examples say nothing of how alike a class's are; from the third on a stranger is refused.
    if (state_[label] >= 2) {
        const uint64_t limit = uint64_t{spread_[label]} * parameters_.refuse_q8 / 256U;
        if (own > limit) return Taught::outlier;
    }
    for (uint32_t other = 0; other < parameters_.classes; ++other) {
        if (other == label || state_[other] < kLeastExamples || state_[label] < 2) continue;
        if (nearest(other, example.data(), kNone, row) < own) return Taught::ambiguous;
    }
    const size_t at = size_t{uint32_t{label} * parameters_.per_class + state_[label]} * values();
    std::copy(example.begin(), example.end(),
              reinterpret_cast<int8_t*>(state_.data() + kMaximumClasses + at));
    ++state_[label];
    measure(label, row);
    return Taught::kept;
}

Prototypes::Match Prototypes::match(std::span<const int8_t> frame,
                                    std::span<uint8_t> scratch) const {
    Match match;
    if (frame.size() != values()) return match;
    auto* row = reinterpret_cast<uint32_t*>(scratch.data());
    match.distance = kFar;
    for (uint32_t label = 0; label < parameters_.classes; ++label) {
        if (state_[label] < kLeastExamples) continue;
        const uint32_t distance = nearest(label, frame.data(), kNone, row);
        if (distance >= match.distance) continue;
        match.distance = distance;
        match.label = static_cast<uint16_t>(label);
    }
    if (match.distance == kFar) return match;
    const uint64_t limit =
        std::max<uint64_t>(uint64_t{spread_[match.label]} * parameters_.refuse_q8 / 256U, 1);
    match.found = match.distance <= limit;
    match.score = static_cast<uint16_t>(1000U * limit / (limit + match.distance));
    return match;
}

bool Prototypes::resume(const PrototypeParameters& parameters, std::span<uint8_t> state) {
    *this = Prototypes();
    parameters_ = parameters;
    state_ = state.first(state_bytes(parameters));
    for (uint32_t label = 0; label < kMaximumClasses; ++label) {
        const uint32_t most = label < parameters.classes ? parameters.per_class : 0U;
        if (state_[label] <= most) continue;
        forget_all();
        return false;
    }
    uint32_t row[2 * (kMaximumPoints + 1)];
    for (uint32_t label = 0; label < parameters.classes; ++label) measure(label, row);
    return true;
}

}  // namespace ganglion
