#include "device/features/impact_frames.hpp"

#include <algorithm>
#include <cstring>

#include "device/features/integer_log2.hpp"
#include "device/features/motion_statistics.hpp"

namespace ganglion {

namespace {

constexpr uint32_t kLongest = 2048;  // samples of a ring

uint32_t ring_samples(const ImpactHeader& header) {
    return uint32_t{header.before} + header.after + 1U;
}

uint64_t squared_length(const int16_t* v) {
    uint64_t squares = 0;
    for (size_t i = 0; i < 3; ++i) squares += static_cast<uint64_t>(int64_t{v[i]} * v[i]);
    return squares;
}

// Values of one segment: logarithms and direction.
uint32_t segment_values(const ImpactHeader& header) {
    return header.channels < 6 ? 7 : 9;
}

}  // namespace

uint32_t ImpactSection::frame_values() const {
    return header.segments * segment_values(header) + header.segments - 1U + 2U;
}

Status parse_impact_section(std::span<const uint8_t> bytes, ImpactSection& section) {
    if (bytes.size() < sizeof(ImpactHeader)) return Status::truncated;
    if (reinterpret_cast<uintptr_t>(bytes.data()) % 4 != 0) return Status::bad_offset;
    ImpactHeader h;
    std::memcpy(&h, bytes.data(), sizeof h);
    if (h.rate_hz < 1 || h.rate_hz > 1000) return Status::bad_value;
    if (h.channels != 3 && h.channels != 6) return Status::bad_shape;
    if (h.one_g < 1 || h.one_g > 32767) return Status::bad_value;
    if (h.threshold < 1 || h.after < 1 || h.before < 1) return Status::bad_value;
    if (ring_samples(h) > kLongest) return Status::too_large;
    if (h.segments < 2 || h.segments > 12) return Status::bad_shape;
    const size_t wanted = sizeof h + size_t{h.segments} * 2U * sizeof(int16_t);
    if (bytes.size() < wanted) return Status::truncated;
    if (bytes.size() > wanted) return Status::bad_shape;
    const std::span<const int16_t> segments{
        reinterpret_cast<const int16_t*>(bytes.data() + sizeof h), size_t{h.segments} * 2U};
    for (size_t i = 0; i < segments.size(); i += 2) {
        const int32_t first = segments[i];
        const int32_t end = segments[i + 1];
        if (first < -int32_t{h.before} || end > int32_t{h.after} + 1 || first >= end) {
            return Status::bad_offset;
        }
    }
    section.header = h;
    section.segments = segments;
    return Status::ok;
}

Status ImpactFrames::parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                           Parameters& parameters) {
    Parameters parsed;
    if (const Status status = parse_impact_section(bytes, parsed); status != Status::ok) {
        return status;
    }
    if (features.channels != parsed.header.channels ||
        features.frame_values != parsed.frame_values() ||
        features.rate_hz != parsed.header.rate_hz || features.period_s != 1) {
        return Status::bad_shape;
    }
    parameters = parsed;
    return Status::ok;
}

uint32_t ImpactFrames::state_bytes(const ImpactSection& section) {
    return ring_samples(section.header) * section.header.channels * uint32_t{sizeof(int16_t)};
}

uint32_t ImpactFrames::scratch_bytes(const ImpactSection& section) {
    return state_bytes(section);
}

void ImpactFrames::start(const ImpactSection& section, std::span<uint8_t> state) {
    *this = ImpactFrames();
    section_ = section;
    length_ = ring_samples(section.header);
    ring_ = {reinterpret_cast<int16_t*>(state.data()), size_t{length_} * section.header.channels};
}

size_t ImpactFrames::push(std::span<const int16_t> samples, std::span<uint8_t> scratch,
                          int16_t* frame, bool& ready) {
    ready = false;
    size_t taken = 0;
    const uint32_t channels = section_.header.channels;
    while (taken < samples.size()) {
        ring_[size_t{next_} * channels + channel_] = samples[taken++];
        if (++channel_ < channels) continue;
        channel_ = 0;
        if (!take_sample()) continue;
        auto* ordered = reinterpret_cast<int16_t*>(scratch.data());
        const auto oldest = ring_.begin() + static_cast<ptrdiff_t>(size_t{next_} * channels);
        std::copy(ring_.begin(), oldest, std::copy(oldest, ring_.end(), ordered));
        write_frame(ordered, frame);
        ready = true;
        return taken;
    }
    return taken;
}

// One whole sample is in the ring. True when a peak is `after` samples old and so complete.
bool ImpactFrames::take_sample() {
    const uint32_t channels = section_.header.channels;
    const int16_t* sample = ring_.data() + size_t{next_} * channels;
    const uint64_t squares = squared_length(sample);
    if (!begun_) {
        begun_ = true;
        for (uint32_t i = 1; i < length_; ++i) {
            std::copy_n(sample, channels,
                        ring_.begin() + static_cast<ptrdiff_t>(size_t{i} * channels));
        }
    }
    next_ = next_ + 1 == length_ ? 0 : next_ + 1;
    const uint64_t threshold = uint64_t{section_.header.threshold} * section_.header.threshold;
    ++age_;
    if (squares >= threshold && squares > candidate_) {
        candidate_ = squares;
        age_ = 0;
    }
    if (candidate_ == 0 || age_ < section_.header.after) return false;
    candidate_ = 0;
    return true;
}

// `ordered`: the ring, oldest first; the impact is sample `before`.
void ImpactFrames::write_frame(int16_t* ordered, int16_t* frame) const {
    const ImpactHeader& h = section_.header;
    const int16_t* impact = ordered + size_t{h.before} * h.channels;
    Direction rest{};
    int16_t* cosines = frame + size_t{h.segments} * segment_values(h);
    for (uint32_t i = 0; i < h.segments; ++i) {
        const int32_t first = section_.segments[2U * i];
        const auto count = static_cast<uint32_t>(section_.segments[2U * i + 1U] - first);
        const MotionStatistics s =
            motion_statistics(impact + ptrdiff_t{first} * h.channels, count, h.channels, h.one_g);
        *frame++ = s.greatest;
        *frame++ = s.least;
        *frame++ = s.mean;
        *frame++ = s.deviation;
        if (h.channels == 6) {
            *frame++ = s.turn_peak;
            *frame++ = s.turn_mean;
        }
        frame = std::copy(s.up.begin(), s.up.end(), frame);
        if (i == 0) rest = s.up;
        if (i != 0) *cosines++ = cosine(rest, s.up);
    }
    const uint32_t back = std::min<uint32_t>(h.rate_hz, h.before);
    uint64_t jerk = 0;
    uint32_t low = 0;
    for (uint32_t i = 0; i < back; ++i) {
        const int16_t* older = impact - size_t{i + 1U} * h.channels;
        const int16_t* newer = older + h.channels;
        uint64_t squares = 0;
        for (size_t axis = 0; axis < 3; ++axis) {
            const int64_t step = int64_t{newer[axis]} - older[axis];
            squares += static_cast<uint64_t>(step * step);
        }
        jerk = std::max(jerk, squares);
        if (squared_length(older) * 100U < uint64_t{h.one_g} * h.one_g * 49U) ++low;
    }
    // log2 of a square: half of it; at least 1/64 g a sample.
    const uint64_t floor = uint64_t{h.one_g} * h.one_g / 4096U + 1U;
    *cosines++ = static_cast<int16_t>(
        (log2_q8(std::max(jerk, floor)) - log2_q8(uint64_t{h.one_g} * h.one_g)) / 2);
    *cosines = static_cast<int16_t>(low * 1024U / back);
}

}  // namespace ganglion
