#include "device/flash/flash.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace ganglion {
namespace {

bool inside(size_t size, uint32_t offset, size_t bytes) {
    return offset <= size && bytes <= size - offset;
}

}  // namespace

Status program_checked(Flash& flash, uint32_t offset, std::span<const uint8_t> bytes) {
    if (const Status status = flash.program(offset, bytes); status != Status::ok) return status;
    std::array<uint8_t, 64> stored;
    for (size_t at = 0; at < bytes.size(); at += stored.size()) {
        const auto expected = bytes.subspan(at, std::min(stored.size(), bytes.size() - at));
        const std::span<uint8_t> part = std::span(stored).first(expected.size());
        const Status status = flash.read(offset + static_cast<uint32_t>(at), part);
        if (status != Status::ok) return status;
        if (!std::equal(expected.begin(), expected.end(), part.begin())) return Status::io_error;
    }
    return Status::ok;
}

Status MappedFlash::read(uint32_t offset, std::span<uint8_t> into) const {
    if (!inside(memory_.size(), offset, into.size())) return Status::bad_offset;
    if (!into.empty()) std::memcpy(into.data(), memory_.data() + offset, into.size());
    return Status::ok;
}

Status MappedFlash::program(uint32_t offset, std::span<const uint8_t> bytes) {
    if (!inside(memory_.size(), offset, bytes.size()) || offset % kGranuleBytes != 0 ||
        bytes.size() % kGranuleBytes != 0)
        return Status::bad_offset;
    for (size_t i = 0; i < bytes.size(); ++i)
        if (bytes[i] & ~memory_[offset + i]) return Status::bad_value;
    if (!bytes.empty()) std::memcpy(memory_.data() + offset, bytes.data(), bytes.size());
    return Status::ok;
}

Status MappedFlash::erase(uint32_t offset) {
    if (!inside(memory_.size(), offset, kBlockBytes) || offset % kBlockBytes != 0)
        return Status::bad_offset;
    std::memset(memory_.data() + offset, 0xff, kBlockBytes);
    return Status::ok;
}

}  // namespace ganglion
