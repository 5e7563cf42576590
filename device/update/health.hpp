#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ganglion::update {

/// When a trial has succeeded or failed; part of the signed manifest.
struct HealthRule {
    static constexpr uint32_t kBins = 8;
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

/// Watches a trial. Everything counts from the start of the device on.
class HealthMonitor {
  public:
    explicit HealthMonitor(const HealthRule& rule) : rule_(rule) {}

    /// An inference with its score (permille) and whether it raised an alert.
    void inference(uint32_t score_permille, bool alert);
    /// The fleet has answered.
    void connected() { connected_ = true; }
    /// `now_ms`: since the start. Alerts and scores are judged once min_inferences have been seen.
    Health judge(uint32_t now_ms) const;

    uint32_t inferences() const { return inferences_; }
    uint32_t alerts() const { return alerts_; }
    /// Total variation distance from the rule's shares, permille; 0 before the first inference.
    uint32_t distance_permille() const;

  private:
    HealthRule rule_;
    std::array<uint32_t, HealthRule::kBins> bins_{};
    uint32_t inferences_ = 0;
    uint32_t alerts_ = 0;
    bool connected_ = false;
};

}  // namespace ganglion::update
