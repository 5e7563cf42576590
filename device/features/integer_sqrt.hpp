#pragma once

#include <cstdint>

namespace ganglion {

/// floor(sqrt(value)), exact, by binary digits: no division, the same bits on every target.
constexpr uint32_t integer_sqrt(uint64_t value) {
    uint64_t root = 0;
    uint64_t digit = uint64_t{1} << 62U;
    while (digit > value) digit >>= 2U;
    while (digit != 0) {
        if (value >= root + digit) {
            value -= root + digit;
            root = (root >> 1U) + digit;
        } else {
            root >>= 1U;
        }
        digit >>= 2U;
    }
    return static_cast<uint32_t>(root);
}

}  // namespace ganglion
