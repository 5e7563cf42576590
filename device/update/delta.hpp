#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/flash/flash.hpp"
#include "device/update/delta_format.hpp"

namespace ganglion::update {

/// A part of a flash, read in small blocks.
class FlashReader {
  public:
    FlashReader(const Flash& flash, uint32_t offset, uint32_t bytes)
        : flash_(flash), offset_(offset), bytes_(bytes) {}

    /// False outside, or where the flash fails.
    bool read(uint32_t at, uint8_t& byte);
    uint32_t size() const { return bytes_; }

  private:
    const Flash& flash_;
    uint32_t offset_;
    uint32_t bytes_;
    uint32_t cached_ = UINT32_MAX;  ///< number of the block in cache_
    std::array<uint8_t, 64> cache_;
};

/// Makes an image from a base and a delta, byte by byte, both read from flash. Any delta is safe:
/// it gives exactly `image_bytes` bytes or an error.
class DeltaDecoder {
  public:
    /// `base` and `delta` in `flash`, as offset and bytes.
    DeltaDecoder(const Flash& flash, uint32_t base, uint32_t base_bytes, uint32_t delta,
                 uint32_t delta_bytes, uint32_t image_bytes);

    /// Fills `into` with the next bytes of the image; all of it but at the end of the image.
    /// Returns how many. Errors (in `status`): truncated (the delta ends too early), bad_offset
    /// (outside the base or the image), bad_value (a step that does nothing).
    uint32_t next(std::span<uint8_t> into, Status& status);

  private:
    bool bit(Probability& probability, unsigned rate);
    uint8_t byte(ByteTree& tree);
    uint32_t number(NumberModel& model);
    void normalize();
    Status begin_step();
    Status produce(uint8_t& out);

    FlashReader base_;
    FlashReader delta_;
    uint32_t image_bytes_;
    uint32_t made_ = 0;
    uint32_t delta_at_ = 0;
    uint32_t past_end_ = 0;  ///< bytes asked for behind the delta's end
    uint32_t range_ = UINT32_MAX;
    uint32_t code_ = 0;
    int64_t base_at_ = 0;
    uint32_t copy_left_ = 0;
    uint32_t add_left_ = 0;
    uint32_t last_two_equal_ = 3;
    DeltaModel model_;
};

}  // namespace ganglion::update
