#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "device/event/score_sketch.hpp"

namespace ganglion::update {

/// When a trial has succeeded or failed; part of the signed manifest.
struct HealthRule {
    static constexpr uint32_t kBins = ScoreSketch::kBins;
    uint32_t starts = 3;  ///< times it may start without being confirmed; then the device goes back
    uint32_t min_ms = 0;  ///< the trial lasts so long at least, within one start
    uint32_t max_ms = 0;  ///< and so long at most: not healthy by then is unhealthy; 0: no limit
    uint32_t min_inferences = 0;
    uint32_t max_alerts_permille = 1000;  ///< alerts per 1000 inferences
    bool reconnect = true;                ///< must have reached the fleet since it started
    /// Share of scores in [125 i, 125 (i + 1)) permille, in permille; the last bin holds 1000 too.
    std::array<uint16_t, kBins> scores{};
    /// Largest total variation distance of the seen scores from `scores`, in permille; 1000: any.
    uint32_t max_distance_permille = 1000;
};

enum class Health : uint8_t {
    undecided,
    healthy,
    too_many_alerts,
    scores_differ,
    out_of_time,
};

constexpr std::string_view to_string(Health health) {
    switch (health) {
        case Health::undecided:
            return "undecided";
        case Health::healthy:
            return "healthy";
        case Health::too_many_alerts:
            return "too many alerts";
        case Health::scores_differ:
            return "scores differ from what was signed";
        case Health::out_of_time:
            return "not healthy in time";
    }
    return "unknown";
}

/// What a bundle has decided since it was taken into use: a sketch of its scores.
struct ScoreCounts {
    uint32_t inferences = 0;
    uint32_t alerts = 0;
    std::array<uint32_t, HealthRule::kBins> bins{};  ///< by score, as HealthRule::scores

    /// An inference with its score (permille) and whether it raised an alert. Stops at 2^32 - 1.
    void add(uint32_t score_permille, bool alert);
};

/// Watches a trial. Everything counts from where the trial's image was taken into use, in this
/// start of the device.
class HealthMonitor {
  public:
    explicit HealthMonitor(const HealthRule& rule = {}) : rule_(rule) {}

    void inference(uint32_t score_permille, bool alert) { counts_.add(score_permille, alert); }
    /// For an owner that counts elsewhere, in an interrupt.
    void set_counts(const ScoreCounts& counts) { counts_ = counts; }
    /// The fleet has answered.
    void connected() { connected_ = true; }
    /// `now_ms`: since the start. Alerts and scores are judged once min_inferences have been seen.
    Health judge(uint32_t now_ms) const;

    uint32_t inferences() const { return counts_.inferences; }
    uint32_t alerts() const { return counts_.alerts; }
    /// Total variation distance from the rule's shares, permille; 0 before the first inference.
    uint32_t distance_permille() const;

  private:
    HealthRule rule_;
    ScoreCounts counts_;
    bool connected_ = false;
};

}  // namespace ganglion::update
