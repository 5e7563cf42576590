#include "device/features/feature_section.hpp"

#include <cstring>

#include "device/features/feature_block.hpp"

namespace ganglion {

namespace {

bool between(uint32_t value, uint32_t low, uint32_t high) {
    return value >= low && value <= high;
}

Status check_header(const FeatureHeader& h) {
    if (!between(h.rate_hz, 1, 1000000)) return Status::bad_value;
    if (!between(h.period_s, 1, 86400 * 7)) return Status::bad_value;
    if (h.rate_hz != 1 && h.period_s != 1) return Status::bad_value;
    if (!between(h.channels, 1, kMaximumChannels)) return Status::bad_shape;
    if (!between(h.frame_values, 1, kMaximumFrameValues)) return Status::bad_shape;
    if (!between(h.frames, 1, 1024) || !between(h.stride, 1, 1024)) return Status::bad_shape;
    if (h.learn_frames > 65536) return Status::bad_value;
    if (h.scales != 0 && h.learn_frames != 0) return Status::bad_value;
    if (h.scales > 1 && h.scales != h.frame_values) return Status::bad_shape;
    if (h.parameter_bytes > 1U << 20U || h.parameter_bytes % 2 != 0) return Status::bad_shape;
    if (h.sound_gate_bytes == 0) return Status::ok;
    // One stream of samples, frames at an even pace, and none to be learned first.
    if (h.sound_gate_bytes != sizeof(SoundGateParameters)) return Status::bad_shape;
    if (h.channels != 1 || h.period_s != 1 || h.learn_frames != 0) return Status::bad_value;
    return Status::ok;
}

Status check_scales(std::span<const FeatureScale> scales) {
    for (const FeatureScale& scale : scales) {
        if (scale.offset < -(1 << 17) || scale.offset > 1 << 17) return Status::bad_value;
        if (scale.multiplier_q24 < 0) return Status::bad_value;
    }
    return Status::ok;
}

}  // namespace

Status parse_feature_section(std::span<const uint8_t> bytes, FeatureSection& section) {
    FeatureSection parsed;
    if (bytes.size() < sizeof(FeatureHeader)) return Status::truncated;
    if (reinterpret_cast<uintptr_t>(bytes.data()) % 4 != 0) return Status::bad_offset;
    std::memcpy(&parsed.header, bytes.data(), sizeof(FeatureHeader));
    if (const Status status = check_header(parsed.header); status != Status::ok) return status;
    const size_t scale_bytes = parsed.header.scales * sizeof(FeatureScale);
    const size_t wanted = sizeof(FeatureHeader) + scale_bytes + parsed.header.parameter_bytes +
                          parsed.header.sound_gate_bytes;
    if (bytes.size() < wanted) return Status::truncated;
    if (bytes.size() > wanted) return Status::bad_shape;
    const auto rest = bytes.subspan(sizeof(FeatureHeader));
    parsed.scales = {reinterpret_cast<const FeatureScale*>(rest.data()), parsed.header.scales};
    parsed.parameters = rest.subspan(scale_bytes, parsed.header.parameter_bytes);
    parsed.has_sound_gate = parsed.header.sound_gate_bytes != 0;
    if (parsed.has_sound_gate) {
        const auto last = rest.subspan(scale_bytes + parsed.header.parameter_bytes);
        const Status status = parse_sound_gate(last, parsed.sound_gate);
        if (status != Status::ok) return status;
    }
    if (const Status status = check_scales(parsed.scales); status != Status::ok) return status;
    if (const Status status = FeatureBlock::check(parsed); status != Status::ok) return status;
    section = parsed;
    return Status::ok;
}

}  // namespace ganglion
