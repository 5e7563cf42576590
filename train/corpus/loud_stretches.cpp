#include "train/corpus/loud_stretches.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::train {
namespace {

constexpr size_t kSmoothed = 5;     // blocks of 10 ms
constexpr size_t kBridged = 50;     // blocks
constexpr double kDeepest = 30;     // dB below the loudest
constexpr double kAboveQuiet = 12;  // dB
constexpr double kContinuous = 10;  // dB between quiet and loudest

/// Level in dB of each block of 10 ms, its neighbours included.
std::vector<double> levels(std::span<const int16_t> samples, size_t block) {
    std::vector<double> power;
    for (size_t at = 0; at + block <= samples.size(); at += block) {
        double sum = 0;
        for (size_t i = at; i < at + block; ++i)
            sum += static_cast<double>(samples[i]) * samples[i];
        power.push_back(sum / static_cast<double>(block));
    }
    std::vector<double> level(power.size());
    for (size_t i = 0; i < power.size(); ++i) {
        const size_t first = i < kSmoothed / 2 ? 0 : i - kSmoothed / 2;
        const size_t last = std::min(power.size(), i + kSmoothed / 2 + 1);
        double sum = 0;
        for (size_t k = first; k < last; ++k) sum += power[k];
        level[i] = 10 * std::log10(sum / static_cast<double>(last - first) + 1);
    }
    return level;
}

}  // namespace

std::vector<Extent> loud_stretches(std::span<const int16_t> samples, uint32_t rate_hz) {
    const size_t block = rate_hz / 100;
    const std::vector<double> level = levels(samples, block);
    if (level.empty()) return {};
    std::vector<double> sorted = level;
    std::sort(sorted.begin(), sorted.end());
    const double quiet = sorted[sorted.size() / 10];
    const double loudest = sorted.back();
    if (loudest <= 0) return {};
    if (loudest - quiet < kContinuous) return {{0, samples.size()}};
    const double least =
        std::max(loudest - kDeepest, quiet + std::min(kAboveQuiet, (loudest - quiet) / 2));
    std::vector<Extent> stretches;
    for (size_t i = 0; i < level.size(); ++i) {
        if (level[i] < least) continue;
        const size_t end = (i + 1) * block;
        if (!stretches.empty() && i * block <= stretches.back().end + kBridged * block) {
            stretches.back().end = end;
        } else {
            stretches.push_back({i * block, end});
        }
    }
    return stretches;
}

}  // namespace ganglion::train
