#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/features/feature_section.hpp"

namespace ganglion {

/// Parameters of GradientFrames as they lie in a bundle's section (little-endian, no padding).
struct GradientHeader {
    uint16_t width;   ///< pixels of an image, 8..64
    uint16_t height;  ///< the same
    uint16_t cell;    ///< pixels on each side of a cell, 2..16
    uint16_t step;    ///< pixels from cell to cell, 1..cell
};
static_assert(sizeof(GradientHeader) == 8);

/// Copies and checks a section. Errors: truncated, bad_shape.
Status parse_gradient_section(std::span<const uint8_t> bytes, GradientHeader& header);

/// What a small grey image shows, whatever the light: histograms of oriented gradients (Dalal and
/// Triggs 2005) over overlapping square cells, eight octants of direction each. A frame is one
/// image; an image is width x height samples of one channel, row after row, of any brightness.
///
/// Gradient: difference of the two neighbours, 0 at the rim; its weight |dx| + |dy|. Octants need
/// comparisons only. Value: log2 of (1 + 8 x the octant's sum / the mean cell's sum), 1/256; so
/// neither contrast nor brightness matters.
class GradientFrames {
  public:
    using Parameters = GradientHeader;
    /// As parse_gradient_section(); bad_shape where the header of all features says otherwise.
    static Status parse(const FeatureHeader& features, std::span<const uint8_t> bytes,
                        Parameters& parameters);

    static constexpr uint32_t kOctants = 8;

    static uint32_t state_bytes(const GradientHeader& header);
    static uint32_t scratch_bytes(const GradientHeader& header);
    static uint32_t frame_values(const GradientHeader& header);

    /// `state` and later `scratch`: as many bytes, 4-byte aligned, the caller's.
    void start(const GradientHeader& header, std::span<uint8_t> state);

    /// As ImpactFrames::push().
    size_t push(std::span<const int16_t> samples, std::span<uint8_t> scratch, int16_t* frame,
                bool& ready);

  private:
    void add_pixel(uint32_t x, uint32_t y, std::span<uint32_t> sums) const;

    GradientHeader header_{};
    std::span<int16_t> image_;
    uint32_t filled_ = 0;
};

}  // namespace ganglion
