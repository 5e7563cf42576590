#pragma once

#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/learn/disease_weather.hpp"
#include "device/learn/recession_forecast.hpp"

namespace ganglion {

/// How a PlotGuard judges (little-endian, no padding); check() before use. Moisture in value steps.
struct PlotParameters {
    uint16_t day;          ///< slots in a day, 1..24, and seven times as many in a week
    uint16_t equal_error;  ///< see RecessionForecast
    int16_t least_value;   ///< what the sensor can give at all
    int16_t most_value;
    uint16_t least_step;        ///< a smaller rise within an eighth of a day is no wetting
    uint16_t stuck_slots;       ///< equal values in a row that are suspicious at least, 2..1000
    uint16_t dryness_permille;  ///< of the range learned here: below it the soil is dry, 1..999
    uint16_t learn_days;        ///< before it judges, 1..60
    DiseaseRule disease;

    Status check() const;
};
static_assert(sizeof(PlotParameters) == 24);

/// Watches the moisture of one plot. It learns there how wet and how dry this soil gets, how fast
/// it falls and how much the sensor trembles, forecasts the coming day, and tells: soil that will
/// be dry in a day; water coming in (rain or irrigation); a sensor that has failed (a value that no
/// soil has, one that stands still, falls faster than soil dries, or jumps to and fro); weather
/// that favours disease. What it finds failed is not learned, until it has lasted for two days.
/// Integers only; all state is plain data in the caller's memory.
class PlotGuard {
  public:
    struct Judgement {
        uint16_t dry_ahead = 0;  ///< permille; 500 where the forecast reaches the dry line
        uint16_t wetting = 0;    ///< permille; 500 for the smallest step
        uint16_t failed = 0;     ///< 0 or 1000
        uint16_t disease = 0;    ///< 1000: the rule is fulfilled; 400: for one day of two
    };

    static uint32_t state_bytes(const PlotParameters& parameters);
    /// Factory state. `parameters` passed check(); `state`: state_bytes(), 8-byte aligned.
    void start(const PlotParameters& parameters, std::span<uint8_t> state);
    /// Goes on from bytes in `state`. bad_value, and the factory state, where they are none.
    Status resume(const PlotParameters& parameters, std::span<uint8_t> state);

    /// The means of the next slot of the week (0..7 * day - 1; those jumped over were missing), any
    /// of which may be kMissing. False while it learns, or where the slot was given already.
    bool push(uint32_t slot, int16_t moisture, int16_t temperature, int16_t humidity,
              Judgement& judgement);

    /// How this soil and sensor move: log2 of the fastest fall, of the mean motion and of the
    /// longest standstill, 1/256. How many; 0 while it learns.
    static constexpr uint32_t kSharedNumbers = 3;
    uint32_t share(std::span<int16_t> shared) const;
    /// Begins with what others have shared: a quarter of the days is then enough. Once, before it
    /// has learned; false, and unchanged, otherwise.
    bool prime(std::span<const int16_t> prior);

    const RecessionForecast& forecast() const { return forecast_; }
    /// Below it the soil counts as dry, value steps; the range it lies in is still learned.
    int32_t dry_line() const;

  private:
    struct Own {
        uint32_t seen;
        int32_t low_q8;  // envelopes of the moisture
        int32_t high_q8;
        uint32_t motion_q8;  // mean |change| in a slot
        uint16_t slot;       // of the week
        uint16_t refused;    // in a row
        uint16_t run;        // equal values in a row
        uint16_t longest_run;
        int16_t last;  // reading, good or not
        int16_t last_good;
        int16_t last_change;
        uint16_t fall;     // the largest in one slot that belonged
        uint16_t tremble;  // jumps to and fro in a row, doubled
        uint16_t primed;   // 1: it began with a prior
        DiseaseWeather::State weather;
    };
    bool ready() const {
        const uint32_t slots = uint32_t{parameters_.learn_days} * parameters_.day;
        return own_->seen >= (own_->primed != 0 ? slots / 4 : slots);
    }
    bool failed(int16_t moisture);
    bool stands_still(int16_t moisture);
    bool trembles(int16_t moisture);
    void learn(int16_t moisture);
    uint16_t dry_score() const;
    uint16_t wetting_score() const;
    void advance(uint32_t slot, int16_t moisture, int16_t temperature, int16_t humidity,
                 Judgement& judgement);

    PlotParameters parameters_{};
    RecessionForecast forecast_;
    Own* own_ = nullptr;
};

}  // namespace ganglion
