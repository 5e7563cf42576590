#pragma once

#include <array>
#include <cstdint>

#include "compile/place.hpp"

// Functions of one byte become tables of all their values.

namespace ganglion::compile {

/// Entry i holds the function's value for the int8 i - 128.
using LookupTable = std::array<uint8_t, 256>;

/// The operation that looks input `n` up.
Operation lookup_of(const Place& place, const LookupTable& table, size_t n = 0);

/// Throws unless input 0 and the output are int8 tensors with as many elements.
void check_elementwise(const Place& place);

/// function(value - zero point of input 0) for each int8; results in int8.
template <typename Function>
LookupTable table_of(const Place& place, Function function) {
    LookupTable table{};
    for (int32_t value = -128; value <= 127; ++value) {
        const auto result = function(value - zero_point(place.input(0)));
        table[static_cast<uint8_t>(value + 128)] = static_cast<uint8_t>(result);
    }
    return table;
}

}  // namespace ganglion::compile
