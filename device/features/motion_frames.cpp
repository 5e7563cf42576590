#include "device/features/motion_frames.hpp"

#include <algorithm>

#include "device/features/copy_section.hpp"
#include "device/features/integer_log2.hpp"
#include "device/features/integer_sqrt.hpp"
#include "device/features/narrowed.hpp"

namespace ganglion {

namespace {

bool is_share(uint32_t q16) {
    return q16 >= 1 && q16 <= 65536;
}

}  // namespace

Status parse_motion_section(std::span<const uint8_t> bytes, MotionHeader& header) {
    MotionHeader h;
    if (const Status status = copy_section(bytes, h); status != Status::ok) return status;
    if (h.rate_hz < 1 || h.rate_hz > 1000 || h.one_g < 1 || h.one_g > 32767) {
        return Status::bad_value;
    }
    if (h.channels != 3 && h.channels != 6) return Status::bad_shape;
    if (h.hop < 1 || h.hop > 2048) return Status::bad_shape;
    if (h.zero != 0 || h.turn_q30 > kLargestTurn) return Status::bad_value;
    if (!is_share(h.follow_q16) || !is_share(h.slow_q16) || !is_share(h.smooth_q16)) {
        return Status::bad_value;
    }
    header = h;
    return Status::ok;
}

Status MotionFrames::parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                           Parameters& parameters) {
    Parameters parsed;
    if (const Status status = parse_motion_section(bytes, parsed); status != Status::ok) {
        return status;
    }
    if (features.channels != parsed.channels || features.frame_values != kValues ||
        features.rate_hz != parsed.rate_hz || features.period_s != 1) {
        return Status::bad_shape;
    }
    parameters = parsed;
    return Status::ok;
}

uint32_t MotionFrames::state_bytes(const MotionHeader& header) {
    return uint32_t{header.hop} * header.channels * uint32_t{sizeof(int16_t)};
}

void MotionFrames::start(const MotionHeader& header, std::span<uint8_t> state) {
    *this = MotionFrames();
    header_ = header;
    samples_ = {reinterpret_cast<int16_t*>(state.data()), size_t{header.hop} * header.channels};
    gravity_.start({header.turn_q30, header.follow_q16});
    habit_.start({0, header.slow_q16});
}

size_t MotionFrames::push(std::span<const int16_t> samples, std::span<uint8_t> /*scratch*/,
                          int16_t* frame, bool& ready) {
    ready = false;
    size_t taken = 0;
    while (taken < samples.size()) {
        samples_[filled_++] = samples[taken++];
        if (filled_ % header_.channels != 0) continue;
        take_sample(samples_.data() + filled_ - header_.channels);
        if (filled_ < samples_.size()) continue;
        filled_ = 0;
        write_frame(frame);
        ready = true;
        return taken;
    }
    return taken;
}

void MotionFrames::take_sample(const int16_t* sample) {
    const int16_t* turn = header_.channels == 6 ? sample + 3 : nullptr;
    gravity_.push(sample, turn);
    const Direction up = gravity_.up();
    const std::array<int32_t, 3> gravity = gravity_.value();
    habit_.push(sample, nullptr);

    const auto length = static_cast<int64_t>(length_of(sample));
    const int64_t away = length - header_.one_g;
    activity_ += static_cast<uint64_t>(away < 0 ? -away : away);
    uint64_t step = 0;
    for (size_t i = 0; i < 3; ++i) {
        const int64_t d = begun_ ? int64_t{sample[i]} - last_[i] : 0;
        step += static_cast<uint64_t>(d * d);
        last_[i] = sample[i];
    }
    begun_ = true;
    jerk_ = std::max(jerk_, step);

    // What is left without gravity and without its part along up, smoothed.
    std::array<int64_t, 3> moved{};
    int64_t along = 0;
    for (size_t i = 0; i < 3; ++i) {
        moved[i] = int64_t{sample[i]} - gravity[i];
        along += moved[i] * up[i];
    }
    uint64_t squares = 0;
    for (size_t i = 0; i < 3; ++i) {
        const int64_t flat = moved[i] * 256 - along * up[i] / (int64_t{kUnit} * kUnit / 256);
        horizontal_[i] += ((flat - horizontal_[i]) * header_.smooth_q16) >> 16U;
        const int64_t lsb = horizontal_[i] / 256;
        squares += static_cast<uint64_t>(lsb * lsb);
    }
    horizontal_peak_ = std::max(horizontal_peak_, squares);
    if (turn == nullptr) return;
    int64_t about = 0;
    for (size_t i = 0; i < 3; ++i) about += int64_t{turn[i]} * up[i];
    turn_sum_ += about;
    turning_ += ((about / 4 - turning_) * header_.smooth_q16) >> 16U;
    turning_peak_ = std::max(turning_peak_, turning_ < 0 ? -turning_ : turning_);
}

void MotionFrames::write_frame(int16_t* frame) {
    const MotionHeader& h = header_;
    const Direction up = gravity_.up();
    const MotionStatistics s = motion_statistics(samples_.data(), h.hop, h.channels, h.one_g);
    frame = std::copy(up.begin(), up.end(), frame);
    *frame++ = cosine(up, habit_.up());
    *frame++ = s.greatest;
    *frame++ = s.least;
    *frame++ = s.mean;
    *frame++ = s.deviation;
    const uint64_t away_q6 = activity_ * 64U * 256U / (uint64_t{h.one_g} * h.hop);
    *frame++ = narrowed(log2_q8(std::max<uint64_t>(away_q6, 256)) - 8 * 256);
    const uint64_t g_squared = uint64_t{h.one_g} * h.one_g;
    *frame++ =
        narrowed((log2_q8(std::max(jerk_, g_squared / 4096U + 1U)) - log2_q8(g_squared)) / 2);
    *frame++ = narrowed(int64_t{integer_sqrt(horizontal_peak_)} * kUnit / h.one_g);
    *frame++ = narrowed(turning_peak_ / 256);
    *frame++ = narrowed(turn_sum_ / (int64_t{kUnit} * h.hop));
    *frame++ = s.turn_mean;
    activity_ = 0;
    jerk_ = 0;
    horizontal_peak_ = 0;
    turning_peak_ = 0;
    turn_sum_ = 0;
}

}  // namespace ganglion
