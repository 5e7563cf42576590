#include "device/flash/record_log.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kHeader = 8;  // CRC-32, number

uint32_t checksum(std::span<const uint8_t> record, uint32_t magic) {
    return crc32(record.subspan(sizeof(uint32_t)), magic);
}

bool blank(std::span<const uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0xff; });
}

using Record = std::array<uint8_t, kHeader + RecordLog::kMaxPayload>;

}  // namespace

uint32_t RecordLog::record_bytes() const {
    constexpr uint32_t granule = Flash::kGranuleBytes;
    return kHeader + (payload_bytes_ + granule - 1) / granule * granule;
}

uint32_t RecordLog::offset_of(uint32_t block, uint32_t index) const {
    return offset_ + block * Flash::kBlockBytes + index * record_bytes();
}

Status RecordLog::find(Place& place) const {
    if (payload_bytes_ > kMaxPayload) return Status::bad_shape;
    place = {};
    Record buffer;
    const std::span<uint8_t> record = std::span(buffer).first(record_bytes());
    for (uint32_t block = 0; block < kBlocks; ++block) {
        for (uint32_t i = 0; i < capacity(); ++i) {
            const Status status = flash_.read(offset_of(block, i), record);
            if (status != Status::ok) return status;
            if (blank(record)) continue;
            place.end[block] = i + 1;
            uint32_t crc = 0;
            uint32_t number = 0;
            std::memcpy(&crc, record.data(), sizeof crc);
            std::memcpy(&number, record.data() + sizeof crc, sizeof number);
            if (number <= place.number || crc != checksum(record, magic_)) continue;
            place.number = number;
            place.block = block;
            place.at = offset_of(block, i);
        }
    }
    return Status::ok;
}

Status RecordLog::newest(uint32_t& number, std::span<uint8_t> payload) const {
    Place place;
    if (const Status status = find(place); status != Status::ok) return status;
    number = place.number;
    if (number == 0) return Status::ok;
    return flash_.read(place.at + kHeader, payload.first(payload_bytes_));
}

Status RecordLog::append(uint32_t number, std::span<const uint8_t> payload) {
    Place place;
    if (const Status status = find(place); status != Status::ok) return status;
    Record buffer;
    buffer.fill(0);
    const std::span<uint8_t> record = std::span(buffer).first(record_bytes());
    std::memcpy(record.data() + sizeof(uint32_t), &number, sizeof number);
    if (payload_bytes_ != 0) std::memcpy(record.data() + kHeader, payload.data(), payload_bytes_);
    const uint32_t crc = checksum(record, magic_);
    std::memcpy(record.data(), &crc, sizeof crc);

    const uint32_t doubtful = appended_ ? 0 : 1;
    appended_ = true;
    for (uint32_t i = place.end[place.block] + doubtful; i < capacity(); ++i)
        if (program_checked(flash_, offset_of(place.block, i), record) == Status::ok)
            return Status::ok;
    // The other block holds only lower numbers: erasing it loses nothing.
    const uint32_t other = place.block ^ 1;
    const Status status = flash_.erase(offset_of(other, 0));
    if (status != Status::ok) return status;
    for (uint32_t i = 0; i < capacity(); ++i)
        if (program_checked(flash_, offset_of(other, i), record) == Status::ok) return Status::ok;
    return Status::io_error;
}

}  // namespace ganglion
