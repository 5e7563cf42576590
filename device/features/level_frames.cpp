#include "device/features/level_frames.hpp"

#include <algorithm>

#include "device/features/copy_section.hpp"
#include "device/features/integer_sqrt.hpp"

namespace ganglion {

Status parse_level_section(std::span<const uint8_t> bytes, LevelHeader& header) {
    LevelHeader h;
    if (const Status status = copy_section(bytes, h); status != Status::ok) return status;
    if (h.channels < 1 || h.channels > 8) return Status::bad_shape;
    if (h.calibrate > 255 || h.calibrate == 1 || h.calibrate == 2) return Status::bad_value;
    if ((h.unit == 0) != (h.calibrate != 0)) return Status::bad_value;
    if (h.calibrate == 0 && h.least_q8 != 0) return Status::bad_value;
    if (h.clip_q8 < 1 || h.clip_q8 > 32767) return Status::bad_value;
    if (h.window < 1 || h.window > 1024 || h.least < 1 || h.least > h.window || h.hop < 1) {
        return Status::bad_value;
    }
    header = h;
    return Status::ok;
}

Status LevelFrames::parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                          Parameters& parameters) {
    Parameters parsed;
    if (const Status status = parse_level_section(bytes, parsed); status != Status::ok) {
        return status;
    }
    if (features.channels != parsed.channels || features.frame_values != frame_values(parsed)) {
        return Status::bad_shape;
    }
    parameters = parsed;
    return Status::ok;
}

uint32_t LevelFrames::state_bytes(const LevelHeader& header) {
    const uint32_t samples = std::max(header.window, header.calibrate);
    return (samples * header.channels * uint32_t{sizeof(int16_t)} + 3U) / 4U * 4U;
}

uint32_t LevelFrames::scratch_bytes(const LevelHeader& header) {
    return (header.calibrate * uint32_t{sizeof(int16_t)} + 3U) / 4U * 4U;
}

void LevelFrames::start(const LevelHeader& header, std::span<uint8_t> state) {
    *this = LevelFrames();
    header_ = header;
    ring_ = {reinterpret_cast<int16_t*>(state.data()), state_bytes(header) / sizeof(int16_t)};
    until_ = header.least;
    calibrated_ = header.calibrate == 0;
    for (Level& level : levels_) level = {0, uint32_t{header.unit} * 16U};
}

size_t LevelFrames::push(std::span<const int16_t> samples, std::span<uint8_t> scratch,
                         int16_t* frame, bool& ready) {
    ready = false;
    size_t taken = 0;
    while (taken < samples.size()) {
        sample_[channel_++] = samples[taken++];
        if (channel_ < header_.channels) continue;
        channel_ = 0;
        if (!calibrated_) {
            std::copy_n(sample_.begin(), header_.channels,
                        ring_.begin() + static_cast<ptrdiff_t>(size_t{filled_} * header_.channels));
            if (++filled_ == header_.calibrate) calibrate(scratch);
            continue;
        }
        if (!take_sample()) continue;
        write_frame(frame);
        ready = true;
        return taken;
    }
    return taken;
}

void LevelFrames::calibrate(std::span<uint8_t> scratch) {
    const uint32_t count = header_.calibrate;
    const std::span<int16_t> sorted{reinterpret_cast<int16_t*>(scratch.data()), count};
    for (uint32_t channel = 0; channel < header_.channels; ++channel) {
        for (uint32_t i = 0; i < count; ++i) sorted[i] = ring_[i * header_.channels + channel];
        std::sort(sorted.begin(), sorted.end());
        const int32_t median = (int32_t{sorted[(count - 1U) / 2U]} + sorted[count / 2U]) / 2;
        uint32_t sum = 0;
        for (const int16_t value : sorted) {
            const int32_t away = value - median;
            sum += static_cast<uint32_t>(away < 0 ? -away : away);
        }
        const auto size = static_cast<uint32_t>(median < 0 ? -median : median);
        const uint32_t floor_q4 = std::max<uint32_t>(size * header_.least_q8 / 16U, 1U);
        levels_[channel] = {static_cast<int16_t>(median), sum * 16U / count + floor_q4};
    }
    filled_ = 0;
    calibrated_ = true;
}

// One whole sample: as deviations into the ring. True when a frame is due.
bool LevelFrames::take_sample() {
    const int64_t clip = header_.clip_q8;
    for (uint32_t channel = 0; channel < header_.channels; ++channel) {
        const Level& level = levels_[channel];
        const int64_t away = int64_t{sample_[channel]} - level.median;
        const int64_t deviations = away * 4096 / static_cast<int64_t>(level.deviation_q4);
        ring_[next_ * header_.channels + channel] =
            static_cast<int16_t>(std::clamp(deviations, -clip, clip));
    }
    next_ = next_ + 1 == header_.window ? 0 : next_ + 1;
    filled_ = std::min<uint32_t>(filled_ + 1U, header_.window);
    if (--until_ != 0) return false;
    until_ = header_.hop;
    return true;
}

void LevelFrames::write_frame(int16_t* frame) const {
    for (uint32_t channel = 0; channel < header_.channels; ++channel) {
        int64_t sum = 0;
        uint64_t squares = 0;
        for (uint32_t i = 0; i < filled_; ++i) {
            const int64_t value = ring_[i * header_.channels + channel];
            sum += value;
            squares += static_cast<uint64_t>(value * value);
        }
        const uint64_t spread = squares * filled_ - static_cast<uint64_t>(sum * sum);
        *frame++ = static_cast<int16_t>(sum / static_cast<int64_t>(filled_));
        *frame++ = static_cast<int16_t>(integer_sqrt(spread) / filled_);
    }
}

}  // namespace ganglion
