#include "device/features/beat_intervals.hpp"

#include <algorithm>

namespace ganglion {

namespace {

constexpr uint32_t kSettling = 8;      // intervals until the usual one is followed slowly
constexpr uint32_t kLongestMs = 3000;  // longer ones are pauses or lost contact, no rhythm

}  // namespace

uint32_t BeatIntervals::median() const {
    std::array<uint16_t, kRecent> sorted = intervals_;
    std::sort(sorted.begin(), sorted.begin() + added_);
    return added_ == 0 ? 0 : sorted[added_ / 2];
}

uint32_t BeatIntervals::recent_ms() const {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < added_; ++i) sum += intervals_[i];
    return added_ == 0 ? 0 : sum / added_;
}

void BeatIntervals::add(uint32_t interval_ms) {
    if (interval_ms == 0 || interval_ms >= kLongestMs) return;
    intervals_[next_] = static_cast<uint16_t>(interval_ms);
    next_ = (next_ + 1) % kRecent;
    const auto interval_q8 = static_cast<int32_t>(interval_ms * 256);
    long_q8_ = added_ == 0 ? interval_q8 : long_q8_ + (interval_q8 - long_q8_) / 256;
    const bool settled = added_ >= kSettling;
    if (added_ < kRecent) ++added_;
    if (!settled) {
        usual_q4_ = static_cast<int32_t>(median() * 16);
        return;
    }
    const int32_t most = usual_q4_ / 125;
    const auto interval_q4 = static_cast<int32_t>(interval_ms * 16);
    usual_q4_ += std::clamp((interval_q4 - usual_q4_) / 16, -most, most);
}

}  // namespace ganglion
