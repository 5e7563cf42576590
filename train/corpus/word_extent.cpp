#include "train/corpus/word_extent.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ganglion::train {

Extent word_extent(std::span<const int16_t> samples, uint32_t rate_hz) {
    const size_t block = rate_hz / 100;
    std::vector<double> level;
    for (size_t at = 0; at + block <= samples.size(); at += block) {
        // The difference of neighbours takes out rumble, which is louder than soft speech in many
        // rooms.
        double sum = 1;
        for (size_t i = std::max<size_t>(at, 1); i < at + block; ++i) {
            const double d = samples[i] - 0.9 * samples[i - 1];
            sum += d * d;
        }
        level.push_back(10 * std::log10(sum));
    }
    if (level.empty()) return {0, samples.size()};
    auto sorted = level;
    std::sort(sorted.begin(), sorted.end());
    const double quiet = sorted[sorted.size() * 15 / 100];
    const double peak = sorted[sorted.size() * 99 / 100];
    const double limit = std::max(peak - 28, quiet + 0.3 * (peak - quiet));

    // The 0.9 s with the most sound above the limit; the word is inside.
    const size_t longest = std::min<size_t>(level.size(), 90);
    double best = -1;
    size_t begin = 0;
    for (size_t at = 0; at + longest <= level.size(); ++at) {
        double sum = 0;
        for (size_t i = at; i < at + longest; ++i) sum += std::max(0.0, level[i] - limit);
        if (sum > best + 1e-9) {
            best = sum;
            begin = at;
        }
    }
    const auto loud = [&](size_t i) { return level[i] > limit; };
    size_t centre = begin;
    for (size_t i = begin; i < begin + longest; ++i) {
        if (level[i] > level[centre]) centre = i;
    }
    const auto grow = [&](ptrdiff_t direction) {
        auto edge = static_cast<ptrdiff_t>(centre);
        for (ptrdiff_t i = edge, gap = 0; gap <= 15; i += direction) {
            if (i < static_cast<ptrdiff_t>(begin) || i >= static_cast<ptrdiff_t>(begin + longest))
                break;
            gap = loud(static_cast<size_t>(i)) ? 0 : gap + 1;
            if (gap == 0) edge = i;
        }
        return static_cast<size_t>(edge);
    };
    const size_t first = grow(-1);
    const size_t last = grow(1);
    return {first * block, (last + 1) * block};
}

}  // namespace ganglion::train
