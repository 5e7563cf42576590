#include "device/features/qrs_detector.hpp"

#include <algorithm>

namespace ganglion {

namespace {

constexpr uint32_t kMainsHz = 60;
constexpr uint32_t kDifferenceMs = 22;
constexpr uint32_t kIntegrateMs = 80;
constexpr uint32_t kRefractoryMs = 200;
constexpr uint32_t kRepolarisedMs = 360;  // from here on a peak is no T wave
constexpr uint32_t kLearnMs = 3000;
constexpr int32_t kThresholdQ8 = 80;  // of the way from the other peaks' median to the beats'
constexpr int32_t kMagnitudeScale = 8;

uint32_t samples_of(uint32_t rate_hz, uint32_t ms) {
    return std::max<uint32_t>(1, rate_hz * ms / 1000U);
}

int32_t median(std::array<int32_t, 8> values) {
    std::sort(values.begin(), values.end());
    return (values[3] + values[4]) / 2;
}

// Puts `value` where the oldest was and returns that.
int32_t exchange(std::span<int32_t> ring, uint64_t now, int32_t value) {
    int32_t& slot = ring[static_cast<uint32_t>(now) % ring.size()];
    const int32_t oldest = slot;
    slot = value;
    return oldest;
}

}  // namespace

uint32_t QrsDetector::state_bytes(uint32_t rate_hz) {
    const uint32_t smooth = std::max<uint32_t>(1, rate_hz / kMainsHz);
    return (2 * smooth + samples_of(rate_hz, kDifferenceMs) + samples_of(rate_hz, kIntegrateMs)) *
           static_cast<uint32_t>(sizeof(int32_t));
}

void QrsDetector::start(uint32_t rate_hz, std::span<uint8_t> state) {
    *this = QrsDetector();
    rate_hz_ = rate_hz;
    smooth_ = std::max<uint32_t>(1, rate_hz / kMainsHz);
    difference_ = samples_of(rate_hz, kDifferenceMs);
    integrate_ = samples_of(rate_hz, kIntegrateMs);
    const std::span<int32_t> words(reinterpret_cast<int32_t*>(state.data()),
                                   state_bytes(rate_hz) / sizeof(int32_t));
    samples_ = words.first(smooth_);
    first_sums_ = words.subspan(smooth_, smooth_);
    second_sums_ = words.subspan(2 * size_t{smooth_}, difference_);
    magnitudes_ = words.subspan(2 * size_t{smooth_} + difference_, integrate_);
    intervals_.fill(static_cast<int32_t>(rate_hz));
}

int32_t QrsDetector::filter(int16_t sample) {
    const auto length = static_cast<int32_t>(smooth_);
    if (now_ == 0) {  // as if the first sample had always been there
        std::fill(samples_.begin(), samples_.end(), sample);
        first_sum_ = sample * length;
        std::fill(first_sums_.begin(), first_sums_.end(), first_sum_);
        second_sum_ = first_sum_ * length;
        std::fill(second_sums_.begin(), second_sums_.end(), second_sum_);
        std::fill(magnitudes_.begin(), magnitudes_.end(), 0);
    }
    first_sum_ += sample - exchange(samples_, now_, sample);
    second_sum_ += first_sum_ - exchange(first_sums_, now_, first_sum_);
    const int32_t slope = second_sum_ - exchange(second_sums_, now_, second_sum_);
    const int32_t magnitude = (slope < 0 ? -slope : slope) / kMagnitudeScale;
    return level_ + magnitude - exchange(magnitudes_, now_, magnitude);
}

void QrsDetector::set_threshold() {
    const int32_t low = median(others_);
    const int64_t above = int64_t{median(beats_)} - low;
    threshold_ = low + static_cast<int32_t>(above * kThresholdQ8 / 256);
}

// The greatest levels of eight equal parts of the learning time; the second greatest of them is
// some beat's, and not an artefact's.
void QrsDetector::learn(int32_t level) {
    const uint64_t part = samples_for(kLearnMs) / kMemory;
    const auto index = static_cast<uint32_t>(std::min<uint64_t>(now_ / part, kMemory - 1));
    beats_[index] = std::max(beats_[index], level);
    if (now_ + 1 < samples_for(kLearnMs)) return;
    Heights sorted = beats_;
    std::sort(sorted.begin(), sorted.end());
    beats_.fill(sorted[kMemory - 2] / 4 * 3);
    set_threshold();
}

void QrsDetector::accept(uint64_t at, int32_t height, int32_t slope) {
    beats_[beat_count_ % kMemory] = height;
    if (found_) intervals_[beat_count_ % kMemory] = static_cast<int32_t>(at - last_);
    ++beat_count_;
    last_ = at;
    last_slope_ = slope;
    found_ = true;
    missed_height_ = 0;
    set_threshold();
}

bool QrsDetector::take_peak(uint64_t at, int32_t height, int32_t slope) {
    const bool early = found_ && at - last_ < samples_for(kRepolarisedMs);
    if (height > threshold_ && !(early && slope < last_slope_ / 2)) {
        accept(at, height, slope);
        return true;
    }
    others_[other_count_ % kMemory] = height;
    ++other_count_;
    if (!early && height > missed_height_) {
        missed_height_ = height;
        missed_ = at;
        missed_slope_ = slope;
    }
    set_threshold();
    return false;
}

bool QrsDetector::look_back() {
    if (!found_ || missed_height_ == 0) return false;
    const int64_t waited = static_cast<int64_t>(now_ - last_);
    const int64_t usual = median(intervals_);
    if (waited <= usual * 3 / 2 + static_cast<int64_t>(samples_for(kRefractoryMs))) return false;
    if (missed_height_ <= threshold_ / 2) return false;
    accept(missed_, missed_height_, missed_slope_);
    return true;
}

bool QrsDetector::push(int16_t sample) {
    last_level_ = level_;
    level_ = filter(sample);
    bool beat = false;
    if (now_ < samples_for(kLearnMs)) {
        learn(level_);
    } else if (level_ > height_ && level_ >= last_level_) {
        height_ = level_;
        peak_ = now_;
        slope_known_ = false;
    } else if (height_ > 0) {
        if (!slope_known_) {
            peak_slope_ = *std::max_element(magnitudes_.begin(), magnitudes_.end());
            slope_known_ = true;
        }
        if (now_ - peak_ >= samples_for(kRefractoryMs)) {
            beat = take_peak(peak_, height_, peak_slope_);
            height_ = 0;
        }
    }
    if (!beat) beat = look_back();
    ++now_;
    return beat;
}

}  // namespace ganglion
