#include "device/update/health.hpp"

#include <algorithm>

namespace ganglion::update {

void ScoreCounts::add(uint32_t score_permille, bool alert) {
    if (inferences == UINT32_MAX) return;
    ++inferences;
    if (alert) ++alerts;
    ++bins[ScoreSketch::bin_of(score_permille)];
}

uint32_t HealthMonitor::distance_permille() const {
    if (counts_.inferences == 0) return 0;
    uint64_t twice = 0;  // of the distance, times 1000 and the number of inferences
    for (uint32_t i = 0; i < HealthRule::kBins; ++i) {
        const uint64_t seen = uint64_t{counts_.bins[i]} * 1000;
        const uint64_t expected = uint64_t{rule_.scores[i]} * counts_.inferences;
        twice += seen > expected ? seen - expected : expected - seen;
    }
    return static_cast<uint32_t>(twice / (uint64_t{2} * counts_.inferences));
}

Health HealthMonitor::judge(uint32_t now_ms) const {
    const bool seen_enough = counts_.inferences >= rule_.min_inferences && counts_.inferences != 0;
    if (seen_enough) {
        if (uint64_t{counts_.alerts} * 1000 >
            uint64_t{counts_.inferences} * rule_.max_alerts_permille)
            return Health::too_many_alerts;
        if (distance_permille() > rule_.max_distance_permille) return Health::scores_differ;
    }
    if (now_ms >= rule_.min_ms && (seen_enough || rule_.min_inferences == 0) &&
        (connected_ || !rule_.reconnect))
        return Health::healthy;
    return rule_.max_ms != 0 && now_ms >= rule_.max_ms ? Health::out_of_time : Health::undecided;
}

}  // namespace ganglion::update
