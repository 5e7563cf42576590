#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace ganglion {

/// CRC-32 of IEEE 802.3 (reflected, polynomial 0xEDB88320), the one zlib computes. `crc` continues
/// an earlier result: crc32(b, crc32(a)) equals crc32(a then b). A 64-byte table: flash is dearer
/// than speed here.
constexpr uint32_t crc32(std::span<const uint8_t> bytes, uint32_t crc = 0) {
    constexpr std::array<uint32_t, 16> kTable = [] {
        std::array<uint32_t, 16> table{};
        for (uint32_t i = 0; i < table.size(); ++i) {
            uint32_t value = i;
            for (int bit = 0; bit < 4; ++bit)
                value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
            table[i] = value;
        }
        return table;
    }();
    crc = ~crc;
    for (uint8_t byte : bytes) {
        crc = kTable[(crc ^ byte) & 15U] ^ (crc >> 4);
        crc = kTable[(crc ^ (byte >> 4)) & 15U] ^ (crc >> 4);
    }
    return ~crc;
}

}  // namespace ganglion
