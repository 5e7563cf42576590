#include "device/features/ecg_beats.hpp"

#include <algorithm>

#include "device/features/copy_section.hpp"
#include "device/features/integer_log2.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kKeptHz = 180;
constexpr uint32_t kKeptSeconds = 4;
constexpr int32_t kKeptScale = 4;       // of a sample's unit
constexpr uint32_t kBaselineShift = 9;  // of the kept signal: 2.8 s
constexpr int32_t kLikeNormal = 800;    // no ventricular beat: its intervals count for the rhythm
constexpr int32_t kMostLog = 1024;      // a factor of 16
// Where the R wave is looked for, and what its height is measured against, around the detector's
// peak, ms.
constexpr uint32_t kSearchBefore = 167;
constexpr uint32_t kSearchAfter = 33;
constexpr uint32_t kMeanBefore = 278;
constexpr uint32_t kMeanAfter = 167;

uint32_t step_of(uint32_t rate_hz) {
    return std::max<uint32_t>(1, (rate_hz + kKeptHz / 2) / kKeptHz);
}

uint32_t kept_rate_of(uint32_t rate_hz) {
    return rate_hz / step_of(rate_hz);
}

uint32_t even(uint32_t count) {
    return (count + 1) / 2 * 2;
}

int16_t log_of_ratio(uint32_t value, uint32_t usual) {
    if (value == 0 || usual == 0) return 0;
    return static_cast<int16_t>(std::clamp(log2_q8(value) - log2_q8(usual), -kMostLog, kMostLog));
}

}  // namespace

Status EcgBeats::parse(const FeatureHeader& header, std::span<const uint8_t> bytes,
                       Parameters& parameters) {
    if (header.channels != 1 || header.frame_values != kValues) return Status::bad_shape;
    Parameters p;
    if (const Status status = copy_section(bytes, p); status != Status::ok) return status;
    if (p.rate_hz != header.rate_hz || header.period_s != 1 ||
        p.rate_hz < QrsDetector::kLowestRate || p.rate_hz > QrsDetector::kHighestRate ||
        p.pause_ms < 1500 || p.pause_ms > 10000) {
        return Status::bad_value;
    }
    parameters = p;
    return Status::ok;
}

uint32_t EcgBeats::state_bytes(const Parameters& parameters) {
    const uint32_t rate_hz = parameters.rate_hz;
    return QrsDetector::state_bytes(rate_hz) + BeatShapes::state_bytes(kept_rate_of(rate_hz)) +
           even(kept_rate_of(rate_hz) * kKeptSeconds) * static_cast<uint32_t>(sizeof(int16_t));
}

uint32_t EcgBeats::scratch_bytes(const Parameters& parameters) {
    const uint32_t rate_hz = parameters.rate_hz;
    const BeatWindow window(kept_rate_of(rate_hz));
    return even(window.length + 2 * window.most_lag) * static_cast<uint32_t>(sizeof(int16_t)) +
           BeatShapes::scratch_bytes(kept_rate_of(rate_hz));
}

void EcgBeats::start(const Parameters& parameters, std::span<uint8_t> state) {
    *this = EcgBeats();
    const uint32_t rate_hz = parameters.rate_hz;
    rate_hz_ = rate_hz;
    pause_ms_ = parameters.pause_ms;
    step_ = step_of(rate_hz);
    kept_rate_ = kept_rate_of(rate_hz);
    const uint32_t detector = QrsDetector::state_bytes(rate_hz);
    const uint32_t shapes = BeatShapes::state_bytes(kept_rate_);
    detector_.start(rate_hz, state.first(detector));
    shapes_.start(kept_rate_, state.subspan(detector, shapes));
    signal_ = {reinterpret_cast<int16_t*>(state.data() + detector + shapes),
               size_t{kept_rate_} * kKeptSeconds};
    std::fill(signal_.begin(), signal_.end(), int16_t{0});
}

// Every step-th smoothed sample, in quarters of a sample's unit, without the slow drift.
void EcgBeats::keep(int32_t smoothed) {
    const int32_t value = smoothed * kKeptScale / detector_.smoothing();
    if (kept_ == 0) baseline_q10_ = value * 1024;
    baseline_q10_ += (value - baseline_q10_ / 1024) * (1 << (10 - kBaselineShift));
    signal_[static_cast<uint32_t>(kept_) % signal_.size()] =
        static_cast<int16_t>(std::clamp<int32_t>(value - baseline_q10_ / 1024, -32768, 32767));
    ++kept_;
}

// Outside of what is kept, the nearest kept value.
int16_t EcgBeats::kept(int64_t index) const {
    const auto newest = static_cast<int64_t>(kept_) - 1;
    const int64_t oldest = newest - static_cast<int64_t>(signal_.size()) + 1;
    const int64_t clamped = std::clamp(index, std::max<int64_t>(oldest, 0), newest);
    return signal_[static_cast<size_t>(clamped) % signal_.size()];
}

// The R wave: the farthest from the mean around the detector's peak.
uint64_t EcgBeats::locate(uint64_t peak) const {
    const auto centre = static_cast<int64_t>(peak / step_);
    const auto samples = [&](uint32_t ms) { return static_cast<int64_t>(kept_rate_ * ms / 1000U); };
    const int64_t newest = static_cast<int64_t>(kept_) - 1;
    int32_t sum = 0;
    int32_t count = 0;
    for (int64_t i = centre - samples(kMeanBefore); i < centre + samples(kMeanAfter); ++i, ++count)
        sum += kept(i);
    const int32_t mean = count > 0 ? sum / count : 0;
    int64_t best = centre;
    int32_t farthest = -1;
    for (int64_t i = centre - samples(kSearchBefore); i < centre + samples(kSearchAfter); ++i) {
        const int32_t distance = kept(i) < mean ? mean - kept(i) : kept(i) - mean;
        if (distance <= farthest || i > newest || i < 0) continue;
        farthest = distance;
        best = i;
    }
    return static_cast<uint64_t>(best);
}

uint32_t EcgBeats::to_ms(uint64_t kept_samples) const {
    return static_cast<uint32_t>(
        std::min<uint64_t>(kept_samples * step_ * 1000U / rate_hz_, pause_ms_));
}

void EcgBeats::write_frame(uint32_t after_ms, std::span<uint8_t> scratch, int16_t* frame) {
    const BeatWindow& window = shapes_.window();
    const uint32_t length = window.length + 2 * window.most_lag;
    const std::span<int16_t> around(reinterpret_cast<int16_t*>(scratch.data()), length);
    const int64_t begin = static_cast<int64_t>(beat_.at) - window.r - window.most_lag;
    for (uint32_t i = 0; i < length; ++i) around[i] = kept(begin + i);

    const uint32_t usual = intervals_.usual_ms();
    const uint32_t before = beat_.before_ms;
    uint32_t early_q10 = 1024;
    if (before != 0 && usual != 0) early_q10 = std::min<uint32_t>(2048, before * 1024U / usual);
    const BeatComparison beat = shapes_.compare_and_learn(
        around, early_q10, scratch.subspan(even(length) * sizeof(int16_t)));

    const uint32_t recent = intervals_.recent_ms();
    frame[0] = log_of_ratio(before, usual);
    frame[1] = log_of_ratio(after_ms, usual);
    frame[2] = log_of_ratio(interval_before_ms_, usual);
    frame[3] = log_of_ratio(before, recent);
    frame[4] = log_of_ratio(after_ms, recent);
    frame[5] = log_of_ratio(before + after_ms, 2 * recent);
    frame[6] = log_of_ratio(before, intervals_.long_ms());
    frame[7] = beat.qrs;
    frame[8] = beat.whole;
    frame[9] = static_cast<int16_t>(std::max<int32_t>(beat.p_wave, 0) - beat.usual_p);
    frame[10] = beat.t_wave;
    frame[11] = beat.height;
    frame[12] = beat.area;
    frame[13] = beat.width;
    const bool like_normal = beat.qrs >= kLikeNormal;
    if (like_normal && like_normal_before_ && before != 0 && before < pause_ms_) words_.add(before);
    like_normal_before_ = like_normal;
    frame[14] = words_.irregularity();
    frame[15] = beat.greatest;
    frame[16] = beat.least;
    frame[17] = static_cast<int16_t>(before);
    frame[18] = static_cast<int16_t>(std::min<uint64_t>(now_ - beat_.at * step_, INT16_MAX));
    intervals_.add(before);
    interval_before_ms_ = before;
    waiting_ = false;
}

size_t EcgBeats::push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                      bool& ready) {
    ready = false;
    size_t taken = 0;
    while (taken < samples.size() && !ready) {
        const bool found = detector_.push(samples[taken]);
        if (now_ % step_ == 0) keep(detector_.smoothed());
        ++taken;
        ++now_;
        if (found) {
            const uint64_t at = std::max(locate(detector_.peak()), beat_.at + 1);
            const uint32_t interval = found_ ? to_ms(at - beat_.at) : 0;
            if (waiting_) {
                write_frame(interval, scratch, frame);
                ready = true;
            }
            beat_ = {at, interval};
            waiting_ = true;
            found_ = true;
        } else if (waiting_ && to_ms(kept_ - beat_.at) >= pause_ms_) {
            write_frame(pause_ms_, scratch, frame);
            ready = true;
        }
    }
    return taken;
}

}  // namespace ganglion
