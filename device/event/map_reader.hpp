#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "device/event/cbor.hpp"

namespace ganglion {

/// Whether `text` is UTF-8 (RFC 3629: shortest form, no surrogates) without control characters:
/// labels and versions end up on terminals and pages.
constexpr bool is_utf8(std::string_view text) {
    size_t i = 0;
    while (i < text.size()) {
        const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
        const uint8_t first = byte(i);
        const size_t length = first < 0x80   ? 1
                              : first < 0xc2 ? 0
                              : first < 0xe0 ? 2
                              : first < 0xf0 ? 3
                              : first < 0xf5 ? 4
                                             : 0;
        if (length == 0 || length > text.size() - i || first < 0x20 || first == 0x7f) return false;
        uint32_t code = length == 1 ? first : first & (0x7fU >> length);
        for (size_t k = 1; k < length; ++k) {
            if ((byte(i + k) & 0xc0) != 0x80) return false;
            code = code << 6 | (byte(i + k) & 0x3fU);
        }
        if ((length == 2 && code < 0xa0) || (length == 3 && code < 0x800) ||
            (length == 4 && (code < 0x10000 || code > 0x10ffff)))
            return false;
        if (code >= 0xd800 && code < 0xe000) return false;
        i += length;
    }
    return true;
}

/// Reads a map with unsigned keys: calls `value(key)` for each pair, which must consume the value
/// and return whether it was good. False on a malformed map, a key below 32 given twice, or a bit
/// of `required` (1 << key) not seen.
template <typename Value>
bool read_map(CborReader& in, uint32_t required, Value&& value) {
    size_t pairs = 0;
    if (!in.map(pairs)) return false;
    uint32_t seen = 0;
    for (size_t i = 0; i < pairs; ++i) {
        uint64_t key = 0;
        if (!in.uint(key)) {
            // A key of another type is an unknown key.
            if (!in.skip() || !in.skip()) return false;
            continue;
        }
        if (key < 32) {
            const uint32_t bit = 1U << key;
            if (seen & bit) return false;
            seen |= bit;
        }
        if (!value(key)) return false;
    }
    return (seen & required) == required;
}

}  // namespace ganglion
