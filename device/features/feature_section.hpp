#pragma once

#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/sound_gate.hpp"

namespace ganglion {

/// Which block turns samples into frames. A new block: one value here, one row in
/// feature_block.cpp (docs/applications.md).
enum class FeatureKind : uint32_t {
    log_mel = 1,
    spectrum_bands = 2,
    ecg_beats = 8,
    pulse_windows = 9,
    readings = 20,
    slot_means = 21,
    impacts = 16,
    motion = 17,
    strokes = 18,
    levels = 19,
    gradients = 22,
    eyes = 23,
};

constexpr uint32_t kMaximumChannels = 16;
constexpr uint32_t kMaximumFrameValues = 1024;

/// First bytes of a bundle's FEATURES section (little-endian, no padding): what all blocks have in
/// common. After it come `scales` FeatureScale, `parameter_bytes` bytes that the block itself
/// reads, and those of the sound gate.
struct FeatureHeader {
    uint32_t kind;              ///< FeatureKind
    uint32_t rate_hz;           ///< samples per channel in `period_s` seconds
    uint32_t period_s;          ///< 1; slow sensors: rate_hz is 1 and this the seconds of a sample
    uint16_t channels;          ///< interleaved channels, 1..16
    uint16_t frame_values;      ///< int16 values in one frame, 1..1024
    uint16_t frames;            ///< frames that the model sees at once
    uint16_t stride;            ///< frames between two inferences
    uint16_t scales;            ///< fixed scaling: 1 for all values, or one a value; else 0
    uint16_t sound_gate_bytes;  ///< SoundGateParameters behind all else, or 0: none
    uint32_t learn_frames;      ///< frames of normal running learned first (RunningNormal); 0: none
    uint32_t parameter_bytes;   ///< multiple of 2
};
static_assert(sizeof(FeatureHeader) == 32);

/// How a raw value becomes the model's int8: clamp(round((value - offset) * multiplier / 2^24)).
struct FeatureScale {
    int32_t offset;          ///< within +-2^17
    int32_t multiplier_q24;  ///< int8 steps per unit of value, not negative
};
static_assert(sizeof(FeatureScale) == 8);

/// A checked view of a FEATURES section; points into the bytes it was parsed from.
struct FeatureSection {
    FeatureHeader header{};
    std::span<const FeatureScale> scales;
    std::span<const uint8_t> parameters;  ///< 4-byte aligned; checked by the block
    SoundGateParameters sound_gate{};     ///< only where has_sound_gate
    bool has_sound_gate = false;

    uint32_t frame_values() const { return header.frame_values; }
    FeatureKind kind() const { return static_cast<FeatureKind>(header.kind); }
};

/// Checks everything that the blocks and the scaling rely on. `bytes` must be 4-byte aligned.
Status parse_feature_section(std::span<const uint8_t> bytes, FeatureSection& section);

/// Samples per channel in `milliseconds`, rounded down. No overflow for any checked header.
inline uint64_t samples_in(const FeatureHeader& header, uint32_t milliseconds) {
    return uint64_t{milliseconds} * header.rate_hz / (uint64_t{1000} * header.period_s);
}

}  // namespace ganglion
