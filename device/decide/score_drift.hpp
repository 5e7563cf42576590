#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "device/event/score_sketch.hpp"

namespace ganglion {

/// How far a device's scores of late lie from those it gave first: the total variation distance of
/// two sketches, in permille, which is half the sum of what their shares differ by. The first
/// kReference scores are the reference and stay so; the later ones fade, halved at each
/// kRecent, so that the last few thousand inferences count. Integer throughout: the same bits
/// everywhere. Plain data of 32 bytes, to be kept over a restart.
class ScoreDrift {
  public:
    static constexpr uint32_t kReference = 1024;
    static constexpr uint32_t kRecent = 1024;
    static constexpr uint32_t kLeast = 256;  ///< recent scores before a distance is given

    void add(uint16_t score_permille) {
        if (reference_.total() < kReference) {
            reference_.add(score_permille);
            return;
        }
        recent_.add(score_permille);
        if (recent_.total() >= kRecent) recent_.halve();
    }

    /// 0..1000; 0 too before there is enough to compare.
    uint16_t permille() const {
        const uint32_t first = reference_.total();
        const uint32_t last = recent_.total();
        if (first < kReference || last < kLeast) return 0;
        uint32_t apart = 0;  // in 1 / (first * last)
        for (uint32_t bin = 0; bin < ScoreSketch::kBins; ++bin) {
            const uint32_t a = reference_.counts[bin] * last;
            const uint32_t b = recent_.counts[bin] * first;
            apart += a > b ? a - b : b - a;
        }
        const uint32_t whole = 2 * first * last;
        return static_cast<uint16_t>((uint64_t{apart} * 1000 + whole / 2) / whole);
    }

    const ScoreSketch& reference() const { return reference_; }
    const ScoreSketch& recent() const { return recent_; }

  private:
    ScoreSketch reference_;
    ScoreSketch recent_;
};
static_assert(sizeof(ScoreDrift) == 32);

}  // namespace ganglion
