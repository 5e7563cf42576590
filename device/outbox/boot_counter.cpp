#include "device/outbox/boot_counter.hpp"

#include <array>
#include <cstring>

#include "device/core/crc32.hpp"
namespace ganglion {
namespace {

struct Record {
    uint32_t magic;
    uint32_t boot;
    uint32_t reserved;
    uint32_t crc;
};
static_assert(sizeof(Record) == 2 * Flash::kGranuleBytes);

constexpr uint32_t kMagic = 0x544f4f42;  // "BOOT"
constexpr uint32_t kRecords = Flash::kBlockBytes / sizeof(Record);

using Bytes = std::array<uint8_t, sizeof(Record)>;

uint32_t checksum(const Bytes& bytes) {
    return crc32(std::span(bytes).first<offsetof(Record, crc)>());
}

bool blank(const Bytes& bytes) {
    for (uint8_t byte : bytes)
        if (byte != 0xff) return false;
    return true;
}

}  // namespace

Status BootCounter::next(uint32_t at_least, uint32_t& boot) {
    uint32_t highest = at_least;
    uint32_t block_of_highest = 0;
    uint32_t first_blank[2] = {0, 0};  // index after the last record that is not blank
    for (uint32_t block = 0; block < 2; ++block) {
        for (uint32_t i = 0; i < kRecords; ++i) {
            Bytes bytes;
            const uint32_t at =
                offset_ + block * Flash::kBlockBytes + i * static_cast<uint32_t>(sizeof(Record));
            if (const Status status = flash_.read(at, bytes); status != Status::ok) return status;
            if (blank(bytes)) continue;
            first_blank[block] = i + 1;
            Record record;
            std::memcpy(&record, bytes.data(), sizeof record);
            if (record.magic != kMagic || record.crc != checksum(bytes)) continue;
            if (record.boot >= highest) {
                highest = record.boot;
                block_of_highest = block;
            }
        }
    }

    uint32_t block = block_of_highest;
    uint32_t index = first_blank[block];
    if (index == kRecords) {
        // The other block holds only lower counts: erasing it loses nothing.
        block ^= 1;
        index = 0;
        const Status status = flash_.erase(offset_ + block * Flash::kBlockBytes);
        if (status != Status::ok) return status;
    }
    const Record record{kMagic, highest + 1, UINT32_MAX, 0};
    Bytes bytes;
    std::memcpy(bytes.data(), &record, sizeof record);
    const uint32_t crc = checksum(bytes);
    std::memcpy(bytes.data() + offsetof(Record, crc), &crc, sizeof crc);
    const uint32_t at =
        offset_ + block * Flash::kBlockBytes + index * static_cast<uint32_t>(sizeof(Record));
    if (const Status status = flash_.program(at, bytes); status != Status::ok) return status;
    boot = highest + 1;
    return Status::ok;
}

}  // namespace ganglion
