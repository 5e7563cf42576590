#pragma once

#include <algorithm>
#include <cstdint>

namespace ganglion {

/// How an AlertBudget sets its threshold. Plain data from a bundle.
struct AlertBudgetParameters {
    uint16_t start_q8;  ///< first threshold, in the score's unit, 1/256
    uint16_t least_q8;  ///< never below
    uint16_t most_q8;   ///< never above
    uint16_t step_q8;   ///< an alert raises the threshold by this
    uint16_t slots;     ///< judgements in which one alert is wanted, 1 or more
    uint16_t quiet;     ///< judgements below the threshold after which the next alert is a new one

    bool valid() const {
        return least_q8 >= 1 && least_q8 <= start_q8 && start_q8 <= most_q8 && slots >= 1;
    }
};
static_assert(sizeof(AlertBudgetParameters) == 12);

/// A threshold that learns on the device to alert once in `slots` judgements on what is usual
/// there, whatever the tail of its scores: each new alert raises it by `step`, each judgement
/// lowers it by step / slots. Where a share p of judgements begins an alert the threshold stands
/// still at p = 1 / slots (stochastic approximation of a quantile; Robbins and Monro 1951). Bounds
/// keep a fault that lasts, or a year without one, from moving it out of reach.
class AlertBudget {
  public:
    /// Plain data, to be kept over a restart.
    struct State {
        uint32_t threshold_q24;
        uint32_t quiet;  ///< judgements since the last one above the threshold
    };

    /// Factory state; `parameters` are valid().
    static State fresh(const AlertBudgetParameters& parameters) {
        return {uint32_t{parameters.start_q8} << 16, UINT16_MAX};
    }
    /// Whether stored bytes can be such a state.
    static bool good(const AlertBudgetParameters& parameters, const State& state) {
        return state.threshold_q24 >= uint32_t{parameters.least_q8} << 16 &&
               state.threshold_q24 <= uint32_t{parameters.most_q8} << 16;
    }

    /// Judges one score, 1/256 of its unit. Returns true while it is at or above the threshold.
    static bool judge(const AlertBudgetParameters& parameters, State& state, uint32_t score_q8) {
        const bool above = score_q8 >= state.threshold_q24 >> 16;
        const uint32_t least = uint32_t{parameters.least_q8} << 16;
        const uint32_t most = uint32_t{parameters.most_q8} << 16;
        const uint32_t step = uint32_t{parameters.step_q8} << 16;
        const uint32_t fall = step / parameters.slots;
        if (above && state.quiet >= parameters.quiet) {
            state.threshold_q24 =
                most - state.threshold_q24 > step ? state.threshold_q24 + step : most;
        } else {
            state.threshold_q24 -= std::min(fall, state.threshold_q24 - least);
        }
        state.quiet = above ? 0 : std::min<uint32_t>(state.quiet + 1, UINT16_MAX);
        return above;
    }
};

}  // namespace ganglion
