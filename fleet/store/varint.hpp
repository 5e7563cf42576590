#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// Seven bits a byte, the lowest first, as long as the highest bit is set (LEB128).
inline void put_varint(std::string& bytes, uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
    bytes += static_cast<char>(value);
}

/// Numbers near 0 of either sign take few bytes. Differences may wrap around: adding them back does
/// the same.
inline void put_signed(std::string& bytes, uint64_t value) {
    put_varint(bytes, (value << 1) ^ (value >> 63 != 0 ? UINT64_MAX : 0));
}

/// Reads what was put. Throws StoreError at the end of the bytes.
class VarintReader {
  public:
    explicit VarintReader(std::string_view bytes) : bytes_(bytes) {}

    bool at_end() const { return bytes_.empty(); }
    uint64_t number() {
        uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<uint8_t>(take(1)[0]);
            value |= uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
        throw StoreError("store: packed rows are damaged");
    }
    uint64_t signed_number() {
        const uint64_t value = number();
        return (value >> 1) ^ ((value & 1) != 0 ? UINT64_MAX : 0);
    }
    std::string_view take(uint64_t count) {
        if (count > bytes_.size()) throw StoreError("store: packed rows are damaged");
        const std::string_view taken = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return taken;
    }

  private:
    std::string_view bytes_;
};

}  // namespace ganglion::fleet
