#include "device/features/pulse_windows.hpp"

#include <algorithm>

#include "device/features/copy_section.hpp"
#include "device/features/heart_rate_variability.hpp"
#include "device/features/integer_log2.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kMostPulsesASecond = 4;  // 300 ms and more apart
constexpr uint32_t kLongestQ4 = 3000 * 16;
constexpr uint32_t kLeastTrusted = 8;

uint32_t most_intervals(const PulseWindowParameters& parameters) {
    return parameters.window_s * kMostPulsesASecond;
}

uint32_t samples_in(const PulseWindowParameters& parameters, uint32_t seconds) {
    return uint32_t{parameters.rate_hz} * seconds;
}

int16_t log_value(uint64_t value) {
    return static_cast<int16_t>(log2_q8(value));
}

}  // namespace

Status PulseWindows::parse(const FeatureHeader& header, std::span<const uint8_t> bytes,
                           PulseWindowParameters& parameters) {
    if (header.channels != 1 || header.frame_values != kValues) return Status::bad_shape;
    PulseWindowParameters p;
    if (const Status status = copy_section(bytes, p); status != Status::ok) return status;
    if (p.rate_hz != header.rate_hz || header.period_s != 1) return Status::bad_value;
    if (p.rate_hz < PulseDetector::kLowestRate || p.rate_hz > PulseDetector::kHighestRate ||
        p.window_s < 20 || p.window_s > 300 || p.hop_s < 1 || p.hop_s > p.window_s || p.zero != 0) {
        return Status::bad_value;
    }
    parameters = p;
    return Status::ok;
}

uint32_t PulseWindows::state_bytes(const PulseWindowParameters& parameters) {
    return PulseDetector::state_bytes(parameters.rate_hz) +
           2 * most_intervals(parameters) * static_cast<uint32_t>(sizeof(uint16_t));
}

void PulseWindows::start(const PulseWindowParameters& parameters, std::span<uint8_t> state) {
    *this = PulseWindows();
    parameters_ = parameters;
    const uint32_t detector = PulseDetector::state_bytes(parameters.rate_hz);
    detector_.start(parameters.rate_hz, state.first(detector));
    auto* kept = reinterpret_cast<uint16_t*>(state.data() + detector);
    intervals_ = {kept, most_intervals(parameters)};
    trusted_ = {kept + most_intervals(parameters), most_intervals(parameters)};
}

void PulseWindows::take_pulse() {
    const uint64_t at = detector_.peak_q8();
    if (found_ && at > last_q8_) {
        const uint64_t q4 = (at - last_q8_) * 16000U / 256U / parameters_.rate_hz;
        if (count_ == intervals_.size()) {
            std::copy(intervals_.begin() + 1, intervals_.end(), intervals_.begin());
            --count_;
        }
        intervals_[count_] = static_cast<uint16_t>(std::min<uint64_t>(q4, kLongestQ4));
        ++count_;
    }
    last_q8_ = at;
    found_ = true;
    heights_ += static_cast<uint32_t>(std::max<int32_t>(detector_.height(), 0));
    ++height_count_;
}

// Interval `index` and the one after it.
bool PulseWindows::agree(uint32_t index) const {
    const uint32_t a = intervals_[index];
    const uint32_t b = intervals_[index + 1];
    return a < kLongestQ4 && b < kLongestQ4 && 5 * (std::max(a, b) - std::min(a, b)) < b;
}

void PulseWindows::write_frame(int16_t* frame) {
    // What began before the window is let go.
    uint64_t reach = uint64_t{parameters_.window_s} * 16000U;
    uint64_t sum = 0;
    uint32_t first = count_;
    while (first > 0 && sum + intervals_[first - 1] <= reach) {
        --first;
        sum += intervals_[first];
    }
    std::copy(intervals_.begin() + first, intervals_.begin() + count_, intervals_.begin());
    count_ -= first;

    uint32_t trusted = 0;
    for (uint32_t i = 0; i < count_; ++i) {
        const bool good = i > 0 && i + 1 < count_ && agree(i - 1) && agree(i);
        trusted_[i] = good ? intervals_[i] : uint16_t{0};
        trusted += good ? 1U : 0U;
    }
    const Intervals intervals = trusted_.first(count_);
    if (trusted >= kLeastTrusted) {
        const HrvTime time = hrv_time(intervals);
        frame_[0] = static_cast<int16_t>(log2_q8(time.rate_q8) - 8 * 256);
        frame_[1] = static_cast<int16_t>(log2_q8(time.rmssd_q4) - 4 * 256);
        frame_[2] = static_cast<int16_t>(log2_q8(time.sdnn_q4) - 4 * 256);
        frame_[3] = static_cast<int16_t>(time.pnn50_q10);
        const HrvFrequency frequency = hrv_frequency(intervals);
        if (frequency.high_ms2 != 0) {
            frame_[4] = log_value(frequency.low_ms2);
            frame_[5] = log_value(frequency.high_ms2);
        }
    }
    frame_[6] = static_cast<int16_t>(count_ == 0 ? 0 : trusted * 1024U / count_);
    if (height_count_ != 0) frame_[7] = log_value(heights_ / height_count_);
    frame_[8] = log_value(movement_ * 16U / samples_in(parameters_, parameters_.hop_s));
    std::copy(frame_, frame_ + kValues, frame);
    heights_ = 0;
    height_count_ = 0;
    movement_ = 0;
}

size_t PulseWindows::push(std::span<const int16_t> samples, std::span<uint8_t> /*scratch*/,
                          int16_t* frame, bool& ready) {
    ready = false;
    size_t taken = 0;
    while (taken < samples.size() && !ready) {
        const int16_t sample = samples[taken];
        if (detector_.push(sample)) take_pulse();
        if (now_ != 0)
            movement_ += static_cast<uint32_t>(std::max(sample, last_sample_) -
                                               std::min(sample, last_sample_));
        last_sample_ = sample;
        ++taken;
        ++now_;
        // The first window must be full.
        const uint32_t hop = samples_in(parameters_, parameters_.hop_s);
        if (now_ % hop == 0 && now_ >= samples_in(parameters_, parameters_.window_s)) {
            write_frame(frame);
            ready = true;
        } else if (now_ % hop == 0) {
            movement_ = 0;
        }
    }
    return taken;
}

}  // namespace ganglion
