#include "device/update/blob.hpp"

#include <algorithm>
#include <cstring>

#include "device/core/crc32.hpp"

namespace ganglion::update {
namespace {

struct Header {
    uint32_t magic;
    uint32_t bytes;
    uint32_t crc;
    uint32_t reserved;
};
static_assert(sizeof(Header) == kBlobHeaderBytes);
static_assert(kBlobHeaderBytes + kMaxEnvelope <= Flash::kBlockBytes - Flash::kGranuleBytes);

constexpr uint32_t kMagic = 0x424f4c42;  // "BLOB"
using Granule = std::array<uint8_t, Flash::kGranuleBytes>;
constexpr uint32_t kMarkOffset = Flash::kBlockBytes - Flash::kGranuleBytes;

}  // namespace

Status write_blob(Flash& flash, uint32_t block, std::span<const uint8_t> bytes) {
    if (bytes.size() > kMaxEnvelope) return Status::too_large;
    if (const Status status = flash.erase(block); status != Status::ok) return status;
    const Header header{kMagic, static_cast<uint32_t>(bytes.size()), crc32(bytes), UINT32_MAX};
    std::array<uint8_t, sizeof header> head;
    std::memcpy(head.data(), &header, sizeof header);
    Status status = program_checked(flash, block, head);
    const size_t whole = bytes.size() / Flash::kGranuleBytes * Flash::kGranuleBytes;
    if (status == Status::ok)
        status = program_checked(flash, block + kBlobHeaderBytes, bytes.first(whole));
    if (status == Status::ok && whole != bytes.size()) {
        Granule last;
        last.fill(0xff);
        std::copy(bytes.begin() + static_cast<ptrdiff_t>(whole), bytes.end(), last.begin());
        status =
            program_checked(flash, block + kBlobHeaderBytes + static_cast<uint32_t>(whole), last);
    }
    return status == Status::ok ? settle_blob(flash, block) : status;
}

std::span<const uint8_t> read_blob(const Flash& flash, uint32_t block,
                                   std::span<uint8_t, kMaxEnvelope> buffer) {
    std::array<uint8_t, sizeof(Header)> head;
    Granule mark;
    if (flash.read(block, head) != Status::ok ||
        flash.read(block + kMarkOffset, mark) != Status::ok)
        return {};
    Header header;
    std::memcpy(&header, head.data(), sizeof header);
    if (mark != Granule{} || header.magic != kMagic || header.bytes > buffer.size()) return {};
    const std::span<uint8_t> bytes = buffer.first(header.bytes);
    if (flash.read(block + kBlobHeaderBytes, bytes) != Status::ok || crc32(bytes) != header.crc)
        return {};
    return bytes;
}

Status settle_blob(Flash& flash, uint32_t block) {
    return program_checked(flash, block + kMarkOffset, Granule{});
}

}  // namespace ganglion::update
