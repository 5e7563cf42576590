#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/decide/alert_budget.hpp"
#include "device/learn/seasonal_forecast.hpp"

namespace ganglion {

/// How a SeriesGuard judges. Plain data from a bundle; check() before use.
struct SeriesGuardParameters {
    static constexpr uint32_t most_window = 12;

    SeasonalParameters seasonal;
    AlertBudgetParameters sudden;     ///< on |value - forecast one slot ahead| in mean errors
    AlertBudgetParameters sustained;  ///< on |sum of the last day-ahead errors| in mean such sums
    int16_t least_value;              ///< what the sensor can give at all
    int16_t most_value;
    uint16_t window;       ///< slots summed for `sustained`, 1..most_window
    uint16_t stuck_slots;  ///< equal values in a row that are suspicious at least, 2..1000

    Status check() const;
};
static_assert(sizeof(SeriesGuardParameters) == 60);

/// Watches one slow series: learns its seasons and forecasts it (SeasonalForecast), and tells what
/// does not belong: a value that the sensor cannot give, one that is negative where this series
/// never was, one that stands still for longer than this series ever did, a sudden departure from
/// the forecast, a small one that stays. How far is too far is learned as well, for a chosen number
/// of alerts (AlertBudget). What it flags as impossible or stuck is not learned. Integers only; all
/// state is plain data in the caller's memory.
class SeriesGuard {
  public:
    enum class Verdict : uint8_t { normal, sudden, sustained, stuck, implausible };
    struct Judgement {
        Verdict verdict = Verdict::normal;
        uint16_t score_permille =
            0;  ///< 500 at the learned threshold; 1000: twice as far, or certain
        SeasonalForecast::Outcome outcome;
    };

    static uint32_t state_bytes(const SeriesGuardParameters& parameters);
    /// Factory state. `parameters` passed check(); `state`: state_bytes(), 8-byte aligned.
    void start(const SeriesGuardParameters& parameters, std::span<uint8_t> state);
    /// Goes on from stored bytes that are already in `state`. bad_value, and the factory state,
    /// where they are not such a state.
    Status resume(const SeriesGuardParameters& parameters, std::span<uint8_t> state);

    /// The next value, or kMissing; slot as for SeasonalForecast::push().
    Judgement push(uint32_t slot, int16_t value);

    const SeasonalForecast& forecast() const { return forecast_; }
    /// Learned thresholds in mean errors, 1/256.
    uint32_t sudden_threshold_q8() const { return own_->sudden.threshold_q24 >> 16; }
    uint32_t sustained_threshold_q8() const { return own_->sustained.threshold_q24 >> 16; }

  private:
    struct Own {
        AlertBudget::State sudden;
        AlertBudget::State sustained;
        std::array<int32_t, SeriesGuardParameters::most_window> errors;
        uint32_t sums;         ///< learned from
        uint32_t mean_sum_q8;  ///< mean |sum of errors|
        uint16_t next;         ///< in errors
        uint16_t run;          ///< equal values in a row, this one included
        uint16_t longest_run;  ///< that belonged
        int16_t last;
        uint32_t negatives;  ///< readings below zero that belonged
        uint32_t reserved;
    };
    bool stuck(int16_t value);
    bool reversed(int16_t value);
    uint32_t sustained_score_q8(const SeasonalForecast::Outcome& outcome, int16_t value);

    SeriesGuardParameters parameters_{};
    SeasonalForecast forecast_;
    Own* own_ = nullptr;
};

}  // namespace ganglion
