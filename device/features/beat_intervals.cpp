#include "device/features/beat_intervals.hpp"

#include <algorithm>

#include "device/features/integer_log2.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kSettling = 8;         // intervals until the usual one is followed slowly
constexpr uint32_t kLeastForRhythm = 12;  // intervals
constexpr uint32_t kLongestMs = 3000;     // longer ones are pauses or lost contact, no rhythm

}  // namespace

void IntervalMemory::add(uint16_t interval_ms) {
    intervals_[count_ % kMost] = interval_ms;
    ++count_;
    if (count_ == 2 * kMost) count_ = kMost;  // the place in the ring stays
}

uint32_t IntervalMemory::median() const {
    const uint32_t n = count();
    std::array<uint16_t, kMost> sorted = intervals_;
    std::sort(sorted.begin(), sorted.begin() + n);
    return n == 0 ? 0 : sorted[n / 2];
}

void BeatIntervals::add(uint32_t interval_ms, bool normal) {
    if (interval_ms == 0 || interval_ms >= kLongestMs) return;
    all_.add(static_cast<uint16_t>(interval_ms));
    if (normal) normal_.add(static_cast<uint16_t>(interval_ms));
    if (all_.count() <= kSettling) {
        usual_q4_ = static_cast<int32_t>(all_.median() * 16);
        return;
    }
    const int32_t most = usual_q4_ / 125;
    const auto interval_q4 = static_cast<int32_t>(interval_ms * 16);
    usual_q4_ += std::clamp((interval_q4 - usual_q4_) / 16, -most, most);
}

Rhythm BeatIntervals::rhythm() const {
    Rhythm rhythm{};
    const uint32_t n = normal_.count();
    if (n < kLeastForRhythm) return rhythm;
    const uint32_t median = normal_.median();
    const auto back = [&](uint32_t steps) { return normal_.back(steps); };
    std::array<uint16_t, IntervalMemory::kMost> differences{};
    for (uint32_t i = 0; i + 1 < n; ++i)
        differences[i] =
            static_cast<uint16_t>(std::max(back(i), back(i + 1)) - std::min(back(i), back(i + 1)));
    std::sort(differences.begin(), differences.begin() + n - 1);
    rhythm.difference = static_cast<int16_t>(differences[(n - 1) / 2] * 1024U / median);

    const auto alike = [&](uint32_t i, uint32_t j) {
        const int32_t difference = int32_t{back(i)} - int32_t{back(j)};
        return 25U * static_cast<uint32_t>(difference < 0 ? -difference : difference) < median;
    };
    uint32_t pairs = 1;  // 1 each: the logarithm of none would be infinite
    uint32_t followed = 1;
    for (uint32_t i = 0; i + 1 < n; ++i) {
        for (uint32_t j = i + 1; j + 1 < n; ++j) {
            if (!alike(i + 1, j + 1)) continue;
            ++pairs;
            if (alike(i, j)) ++followed;
        }
    }
    rhythm.conditional = static_cast<int16_t>(log2_q8(pairs) - log2_q8(followed));
    rhythm.match = static_cast<int16_t>(log2_q8(uint64_t{n} * n / 2) - log2_q8(pairs));
    return rhythm;
}

}  // namespace ganglion
