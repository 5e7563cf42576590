#include "device/features/stroke_frames.hpp"

#include <algorithm>

#include "device/features/copy_section.hpp"
#include "device/features/integer_sqrt.hpp"

namespace ganglion {

namespace {

constexpr int32_t kRootMeanSquare = 32;

}  // namespace

Status parse_stroke_section(std::span<const uint8_t> bytes, StrokeHeader& header) {
    StrokeHeader h;
    if (const Status status = copy_section(bytes, h); status != Status::ok) return status;
    if (h.rate_hz < 1 || h.rate_hz > 1000) return Status::bad_value;
    if (h.channels < 1 || h.channels > 8) return Status::bad_shape;
    if (h.group < 1 || h.channels % h.group != 0) return Status::bad_shape;
    if (h.points < 4 || h.points > 64) return Status::bad_shape;
    if (h.active_count < 1 || uint32_t{h.active_first} + h.active_count > h.channels) {
        return Status::bad_shape;
    }
    if (h.active_step > 1 || h.threshold < 1) return Status::bad_value;
    if (h.quiet < 1 || h.quiet > 1024) return Status::bad_value;
    if (h.least < h.points || h.most < h.least || h.most > 1024) return Status::bad_value;
    if (h.least_rms[0] < 1 || h.least_rms[1] < 1) return Status::bad_value;
    header = h;
    return Status::ok;
}

Status StrokeFrames::parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                           Parameters& parameters) {
    Parameters parsed;
    if (const Status status = parse_stroke_section(bytes, parsed); status != Status::ok) {
        return status;
    }
    if (features.channels != parsed.channels || features.frame_values != frame_values(parsed) ||
        features.rate_hz != parsed.rate_hz || features.period_s != 1) {
        return Status::bad_shape;
    }
    parameters = parsed;
    return Status::ok;
}

uint32_t StrokeFrames::state_bytes(const StrokeHeader& header) {
    // A stroke, and one place more for the sample that comes in.
    const uint32_t values = (uint32_t{header.most} + 1U) * header.channels;
    return (values * uint32_t{sizeof(int16_t)} + 3U) / 4U * 4U;
}

uint32_t StrokeFrames::scratch_bytes(const StrokeHeader& header) {
    return frame_values(header) * uint32_t{sizeof(int32_t)};
}

void StrokeFrames::start(const StrokeHeader& header, std::span<uint8_t> state) {
    *this = StrokeFrames();
    header_ = header;
    samples_ = {reinterpret_cast<int16_t*>(state.data()),
                (size_t{header.most} + 1U) * header.channels};
}

size_t StrokeFrames::push(std::span<const int16_t> samples, std::span<uint8_t> scratch,
                          int16_t* frame, bool& ready) {
    ready = false;
    size_t taken = 0;
    while (taken < samples.size()) {
        samples_[size_t{count_} * header_.channels + channel_] = samples[taken++];
        if (++channel_ < header_.channels) continue;
        channel_ = 0;
        if (!take_sample()) continue;
        write_frame(reinterpret_cast<int32_t*>(scratch.data()), frame);
        count_ = 0;
        active_ = 0;
        ready = true;
        return taken;
    }
    return taken;
}

bool StrokeFrames::moves(const int16_t* sample) {
    uint64_t squares = 0;
    for (uint32_t i = 0; i < header_.active_count; ++i) {
        const int64_t value = sample[header_.active_first + i];
        const int64_t before = header_.active_step == 0 ? 0 : begun_ ? last_[i] : value;
        squares += static_cast<uint64_t>((value - before) * (value - before));
        last_[i] = static_cast<int16_t>(value);
    }
    begun_ = true;
    return squares >= uint64_t{header_.threshold} * header_.threshold;
}

// One whole sample lies behind the stroke's. True when the stroke is complete.
bool StrokeFrames::take_sample() {
    const bool moving = moves(samples_.data() + size_t{count_} * header_.channels);
    if (count_ == 0 && !moving) return false;
    ++count_;
    if (moving) active_ = count_;
    if (count_ < header_.most && count_ - active_ < header_.quiet) return false;
    if (active_ >= header_.least) return true;
    count_ = 0;
    active_ = 0;
    return false;
}

void StrokeFrames::write_frame(int32_t* points, int16_t* frame) const {
    const uint32_t channels = header_.channels;
    // Means over equal shares of the time, in 1/16 LSB. A share holds at least one sample.
    for (uint32_t p = 0; p < header_.points; ++p) {
        const uint32_t first = p * active_ / header_.points;
        const uint32_t end = (p + 1U) * active_ / header_.points;
        for (uint32_t c = 0; c < channels; ++c) {
            int32_t sum = 0;
            for (uint32_t i = first; i < end; ++i) sum += samples_[size_t{i} * channels + c];
            points[p * channels + c] =
                sum * 16 / std::max<int32_t>(static_cast<int32_t>(end - first), 1);
        }
    }
    for (uint32_t group = 0; group < channels; group += header_.group) {
        uint64_t squares = 0;
        for (uint32_t c = group; c < group + header_.group; ++c) {
            int32_t sum = 0;
            for (uint32_t p = 0; p < header_.points; ++p) sum += points[p * channels + c];
            const int32_t mean = sum / std::max<int32_t>(header_.points, 1);
            for (uint32_t p = 0; p < header_.points; ++p) {
                points[p * channels + c] -= mean;
                const int64_t value = points[p * channels + c];
                squares += static_cast<uint64_t>(value * value);
            }
        }
        const uint32_t values = std::max<uint32_t>(uint32_t{header_.points} * header_.group, 1);
        const uint32_t least = header_.least_rms[group == 0 ? 0 : 1] * 16U;
        const auto rms =
            static_cast<int32_t>(std::max<uint32_t>({integer_sqrt(squares / values), least, 1}));
        for (uint32_t c = group; c < group + header_.group; ++c) {
            for (uint32_t p = 0; p < header_.points; ++p) {
                const int64_t value = int64_t{points[p * channels + c]} * kRootMeanSquare / rms;
                frame[p * channels + c] =
                    static_cast<int16_t>(std::clamp<int64_t>(value, -127, 127));
            }
        }
    }
}

}  // namespace ganglion
