#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/flash/flash.hpp"

namespace ganglion {

/// What the learners of one bundle have learned, kept in flash: in two halves of whole erase
/// blocks, each record behind the last; a full half makes way to the other. With the power cut at
/// or within any operation, load() finds the record of the last save that returned ok, or that of
/// the one that was cut.
///
/// A record is a header (24 bytes: magic, number, size, the bundle's key, CRC-32), the bytes in
/// whole granules, and their CRC-32. Numbers only rise. docs/firmware.md says when the agent saves.
class LearnedStore {
  public:
    /// First bytes of the bundle's digest: what one bundle learned means nothing to another.
    using Key = std::array<uint8_t, 8>;
    static constexpr uint32_t kRecordOverhead = 32;

    /// `offset`: of the first half. `half_bytes`: whole erase blocks. `flash` must stay.
    LearnedStore(Flash& flash, uint32_t offset, uint32_t half_bytes)
        : flash_(flash), offset_(offset), half_bytes_(half_bytes) {}

    /// Reads the newest record into `learned`. `bytes`: its size; 0 where there is none, where it
    /// is of another bundle or does not fit, or after forget(): the factory state. Errors: the
    /// flash's.
    Status load(const Key& key, std::span<uint8_t> learned, uint32_t& bytes) const;

    /// Stores a record that load() gives from now on. Reads it back. Errors: too_large (half a
    /// store does not hold it); io_error, and the last good record stays.
    Status save(const Key& key, std::span<const uint8_t> learned);

    /// Back to the factory state, as save(). What was learned stays in flash until it is
    /// overwritten.
    Status forget() { return save({}, {}); }

  private:
    struct Header {
        uint32_t magic = 0;
        uint32_t number = 0;
        uint32_t bytes = 0;
        Key key{};
        uint32_t crc = 0;
    };
    static_assert(sizeof(Header) == 24);
    struct Newest {
        Header header;
        uint32_t half = 0;
        uint32_t at = 0;       ///< of the header
        uint32_t highest = 0;  ///< number seen in any header
        bool found = false;
    };
    Status find(Newest& newest) const;
    Status walk(uint32_t half, Newest& newest) const;
    Status payload_is_whole(uint32_t at, const Header& header, bool& whole) const;
    Status make_room(uint32_t record_bytes);
    Status write(const Header& header, std::span<const uint8_t> learned);
    uint32_t place() const { return offset_ + half_ * half_bytes_ + next_; }

    Flash& flash_;
    uint32_t offset_;
    uint32_t half_bytes_;
    uint32_t half_ = 0;    // that is being written to
    uint32_t next_ = 0;    // in it
    uint32_t number_ = 0;  // of the newest record
    bool open_ = false;    // half_ and next_ are known: erased by this object, so since the start
};

}  // namespace ganglion
