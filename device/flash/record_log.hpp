#pragma once

#include <cstdint>
#include <span>

#include "device/flash/flash.hpp"

namespace ganglion {

/// The newest of a row of small records, in two erase blocks: each append goes behind the last, a
/// full block makes way to the other. With the power cut at or within any operation, newest() finds
/// the record of the last append that returned ok, or that of the append that was cut.
///
/// A record is its number, a CRC-32 and the payload, in whole granules. Numbers only rise.
class RecordLog {
  public:
    static constexpr uint32_t kBlocks = 2;
    static constexpr uint32_t kMaxPayload = 56;

    /// `offset`: of the first of the two blocks. `payload_bytes`: at most kMaxPayload. `magic`
    /// keeps records of different logs apart.
    RecordLog(Flash& flash, uint32_t offset, uint32_t payload_bytes, uint32_t magic)
        : flash_(flash), offset_(offset), payload_bytes_(payload_bytes), magic_(magic) {}

    /// Reads the newest record: its number (0: there is none) and its payload. Errors: the flash's.
    Status newest(uint32_t& number, std::span<uint8_t> payload) const;

    /// Stores a record under a number above that of newest(). Reads it back; granules that keep
    /// wrong bits are stepped over. So is the first blank place after a start: a cut may have begun
    /// to write there without leaving a trace yet. Errors: io_error where neither block takes it.
    Status append(uint32_t number, std::span<const uint8_t> payload);

  private:
    struct Place {
        uint32_t number = 0;
        uint32_t block = 0;
        uint32_t at = 0;
        uint32_t end[kBlocks] = {0, 0};  ///< index behind the last record that is not blank
    };
    uint32_t record_bytes() const;
    uint32_t capacity() const { return Flash::kBlockBytes / record_bytes(); }
    uint32_t offset_of(uint32_t block, uint32_t index) const;
    Status find(Place& place) const;

    Flash& flash_;
    uint32_t offset_;
    uint32_t payload_bytes_;
    uint32_t magic_;
    bool appended_ = false;  ///< by this object, so since the start
};

}  // namespace ganglion
