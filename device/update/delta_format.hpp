#pragma once

#include <array>
#include <cstdint>

/// What the maker and the decoder of deltas share; docs/update.md, "Delta".
namespace ganglion::update {

/// Adaptive probability that a bit is 0, in 1/65536.
struct Probability {
    uint16_t zero = 1U << 15U;

    void update(bool bit, unsigned rate) {
        if (bit)
            zero = static_cast<uint16_t>(zero - (zero >> rate));
        else
            zero = static_cast<uint16_t>(zero + ((65536U - zero) >> rate));
    }
};

/// Bits of a byte, most significant first; node 1 is the first.
using ByteTree = std::array<Probability, 256>;

/// A number n: the bits of n + 1 behind its leading one, after their count in unary.
using NumberModel = std::array<Probability, 32>;

/// A delta is a row of steps until the image is whole: move the place in the base, add differences
/// to so many of its bytes, then put in so many new bytes.
struct DeltaModel {
    static constexpr unsigned kFlagRate = 5;
    static constexpr unsigned kTreeRate = 4;
    /// Runs of equal bytes and the four bytes of a word behave differently.
    static constexpr uint32_t kEqualContexts = 16;

    std::array<Probability, kEqualContexts> equal;  ///< 0: the byte is the base's
    std::array<ByteTree, 2> difference;             ///< by parity of the place in the base
    ByteTree fresh;                                 ///< bytes that the base does not have
    NumberModel move, copied, added;

    static uint32_t equal_context(uint32_t last_two_equal, uint32_t base_at) {
        return (last_two_equal & 3U) << 2U | (base_at & 3U);
    }
};

/// Moves are signed: 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
constexpr uint32_t zigzag(int32_t value) {
    return static_cast<uint32_t>(value) << 1U ^ static_cast<uint32_t>(value >> 31);
}
constexpr int32_t unzigzag(uint32_t value) {
    return static_cast<int32_t>(value >> 1U ^ (0U - (value & 1U)));
}

}  // namespace ganglion::update
