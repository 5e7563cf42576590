#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace ganglion {

/// How many scores (permille) fell into each eighth of the scale, the last eighth with 1000. 16
/// bytes; at most 25 in a report (docs/protocol.md).
struct ScoreSketch {
    static constexpr uint32_t kBins = 8;
    static constexpr uint32_t kBinWidth = 1000 / kBins;

    std::array<uint16_t, kBins> counts{};

    static constexpr uint32_t bin_of(uint32_t score_permille) {
        return std::min(score_permille / kBinWidth, kBins - 1);
    }
    /// A full bin halves all of them: shares stay.
    void add(uint32_t score_permille) {
        uint16_t& count = counts[bin_of(score_permille)];
        if (count == UINT16_MAX) halve();
        ++count;
    }
    void halve() {
        for (uint16_t& count : counts) count /= 2;
    }
    uint32_t total() const {
        uint32_t sum = 0;
        for (const uint16_t count : counts) sum += count;
        return sum;
    }
    friend bool operator==(const ScoreSketch&, const ScoreSketch&) = default;
};
static_assert(sizeof(ScoreSketch) == 16);

}  // namespace ganglion
