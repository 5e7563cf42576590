#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"

namespace ganglion {

/// Parameters of StrokeFrames as they lie in a bundle's section (little-endian, no padding).
struct StrokeHeader {
    uint32_t rate_hz;       ///< samples per second and channel
    uint16_t channels;      ///< 1..8
    uint16_t group;         ///< channels scaled together (3: a vector sensor's axes), divides them
    uint16_t points;        ///< points that a stroke is brought to, 4..64
    uint16_t active_first;  ///< first of the channels that tell movement from rest
    uint16_t active_count;  ///< how many of them
    uint16_t active_step;   ///< 0: their length tells; 1: that of their step from the last sample
    uint16_t threshold;     ///< LSB: length from which it counts as movement
    uint16_t quiet;         ///< samples of rest in a row that end a stroke
    uint16_t least;         ///< shorter strokes are none, samples; at least `points`
    uint16_t most;          ///< a stroke ends after so many samples, at most 1024
    uint16_t least_rms[2];  ///< LSB: a group fainter than this is not blown up (group 0, others)
};
static_assert(sizeof(StrokeHeader) == 28);

/// Copies and checks a section. Errors: truncated, bad_shape, bad_value.
Status parse_stroke_section(std::span<const uint8_t> bytes, StrokeHeader& header);

/// Cuts a stream into strokes (a gesture, a digit drawn in the air): from the first movement until
/// it rests. Each stroke is brought to `points` means of equal shares of its time, and each group
/// of channels to mean 0 and root mean square 32. So a frame does not depend on how fast, how large
/// and where it was drawn; it is what prototypes are compared by. Frame: points x channels, int16
/// in -127..127, point after point.
class StrokeFrames {
  public:
    using Parameters = StrokeHeader;
    /// As parse_stroke_section(); bad_shape where the header of all features says otherwise.
    static Status parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                        Parameters& parameters);

    static uint32_t state_bytes(const StrokeHeader& header);
    static uint32_t scratch_bytes(const StrokeHeader& header);
    static uint32_t frame_values(const StrokeHeader& header) {
        return uint32_t{header.points} * header.channels;
    }

    /// `state` and later `scratch`: as many bytes, 4-byte aligned, the caller's.
    void start(const StrokeHeader& header, std::span<uint8_t> state);

    /// As ImpactFrames::push().
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    bool moves(const int16_t* sample);
    bool take_sample();
    void write_frame(int32_t* points, int16_t* frame) const;

    StrokeHeader header_{};
    std::span<int16_t> samples_;  // of the stroke; its end holds the sample being filled
    uint32_t count_ = 0;          // whole samples of the stroke
    uint32_t active_ = 0;         // of them until the last movement
    uint32_t channel_ = 0;
    bool begun_ = false;  // a sample was seen before
    std::array<int16_t, 8> last_{};
};

}  // namespace ganglion
