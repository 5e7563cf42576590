#include "device/features/pulse_detector.hpp"

#include <algorithm>

namespace ganglion {

namespace {

constexpr uint32_t kSmoothMs = 50;  // each of two moving sums
constexpr uint32_t kMeanMs = 750;
constexpr uint32_t kRefractoryMs = 300;
constexpr int32_t kLeastShare = 2;  // half of the usual height

uint32_t samples_of(uint32_t rate_hz, uint32_t ms) {
    return std::max<uint32_t>(1, (rate_hz * ms + 500U) / 1000U);
}

int32_t exchange(std::span<int32_t> ring, uint64_t now, int32_t value) {
    int32_t& slot = ring[static_cast<uint32_t>(now) % ring.size()];
    const int32_t oldest = slot;
    slot = value;
    return oldest;
}

}  // namespace

uint32_t PulseDetector::state_bytes(uint32_t rate_hz) {
    return (2 * samples_of(rate_hz, kSmoothMs) + samples_of(rate_hz, kMeanMs) + 1) *
           static_cast<uint32_t>(sizeof(int32_t));
}

void PulseDetector::start(uint32_t rate_hz, std::span<uint8_t> state) {
    *this = PulseDetector();
    smooth_ = samples_of(rate_hz, kSmoothMs);
    mean_ = samples_of(rate_hz, kMeanMs);
    refractory_ = samples_of(rate_hz, kRefractoryMs);
    const std::span<int32_t> words(reinterpret_cast<int32_t*>(state.data()),
                                   state_bytes(rate_hz) / sizeof(int32_t));
    samples_ = words.first(smooth_);
    sums_ = words.subspan(smooth_, smooth_);
    smoothed_ = words.subspan(2 * size_t{smooth_}, size_t{mean_} + 1);
}

// Of the last pulses' heights the median tells what a pulse looks like here.
bool PulseDetector::confirm() {
    waiting_ = false;
    std::array<int32_t, kMemory> sorted = heights_;
    const uint32_t known = std::min(count_, kMemory);
    std::sort(sorted.begin(), sorted.begin() + known);
    const int32_t usual = known == 0 ? 0 : sorted[known / 2];

    heights_[count_ % kMemory] = candidate_.height;
    ++count_;
    if (count_ == 2 * kMemory) count_ = kMemory;
    if (candidate_.height < usual / kLeastShare) return false;
    found_ = candidate_;
    return true;
}

bool PulseDetector::end_of_region() {
    inside_ = false;
    const uint64_t gap_q8 = uint64_t{refractory_} * 256U;
    if (waiting_ && best_.at_q8 - candidate_.at_q8 < gap_q8) {
        if (best_.height > candidate_.height) candidate_ = best_;
        return false;
    }
    const bool found = waiting_ && confirm();
    candidate_ = best_;
    waiting_ = true;
    return found;
}

bool PulseDetector::push(int16_t sample) {
    if (now_ == 0) {  // as if the first sample had always been there
        std::fill(samples_.begin(), samples_.end(), sample);
        sum_ = sample * static_cast<int32_t>(smooth_);
        std::fill(sums_.begin(), sums_.end(), sum_);
        twice_ = sum_ * static_cast<int32_t>(smooth_);
        std::fill(smoothed_.begin(), smoothed_.end(), twice_);
        long_sum_ = int64_t{twice_} * mean_;
    }
    sum_ += sample - exchange(samples_, now_, sample);
    twice_ += sum_ - exchange(sums_, now_, sum_);
    const size_t length = smoothed_.size();
    const auto at = static_cast<size_t>(now_ % length);
    smoothed_[at] = twice_;
    // The mean over the last mean_ values, around the value in the middle of them.
    long_sum_ += twice_ - smoothed_[(at + 1) % length];
    const uint32_t half = mean_ / 2;
    const auto back = [&](uint32_t steps) { return smoothed_[(at + length - steps) % length]; };
    const int32_t value = back(half);
    const auto mean = static_cast<int32_t>(long_sum_ / mean_);
    bool found = false;
    if (value > mean) {
        if (!inside_) best_ = {};
        inside_ = true;
        if (value - mean > best_.height && now_ > half) {
            // A parabola through the value and its neighbours; half a smoothing late, twice.
            const int64_t left = back(half + 1);
            const int64_t right = back(half - 1);
            const int64_t bend = 2 * int64_t{value} - left - right;
            const int64_t shift =
                bend <= 0 ? 0 : std::clamp<int64_t>(128 * (right - left) / bend, -128, 128);
            const int64_t late = int64_t{half} * 256 + (int64_t{smooth_} - 1) * 256;
            const int64_t place = static_cast<int64_t>(now_) * 256 + shift - late;
            best_ = {static_cast<uint64_t>(std::max<int64_t>(place, 0)), value - mean};
        }
    } else if (inside_) {
        found = end_of_region();
    } else if (waiting_ && now_ * 256U - candidate_.at_q8 > uint64_t{mean_ + refractory_} * 256U) {
        found = confirm();
    }
    ++now_;
    return found;
}

}  // namespace ganglion
