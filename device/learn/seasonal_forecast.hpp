#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// A missing value of a slow series.
constexpr int16_t kMissing = INT16_MIN;

/// How a SeasonalForecast learns. Plain data from a bundle; check() before use.
struct SeasonalParameters {
    static constexpr uint32_t terms = 5;

    uint16_t slots;  ///< in a season: 168 for the hours of a week; whole days, at least three
    uint16_t day;    ///< slots in a day, 1..24
    uint16_t profile_shift;    ///< a new season moves the profile by 2^-shift of the distance, 1..8
    uint16_t rate_q10;         ///< step of the weights, 0 (they stay as trained)..1023
    uint16_t least_deviation;  ///< value steps: errors below it are noise of the sensor, 1 or more
    uint16_t clip_q4;          ///< beyond this many mean errors a value is refused, 1/16
    uint16_t patience;         ///< slots in a row refused before the new level is believed, 1..500
    uint16_t reserved;         ///< 0
    std::array<int16_t, terms> weights_q14;  ///< where the weights start
    int16_t correction_q14;  ///< share of the present error that the next slot inherits, at start

    Status check() const;
};
static_assert(sizeof(SeasonalParameters) == 28);

/// Learns the daily and weekly shape of a series on the device and forecasts the coming day, slot
/// by slot.
///
/// The profile holds one exponentially weighted mean for each slot of the season. Around it the
/// forecast a day ahead is linear in what the series did against its profile: one day and two days
/// before, a season before, on average over the last day and over its last quarter. The weights
/// start as trained and go on by normalised least mean squares (Widrow and Hoff; Haykin, Adaptive
/// Filter Theory, ch. 6) with the error clipped. Nearer slots add a learned share of the present
/// error, one share for each distance. Missing slots are filled with the forecast and teach
/// nothing; so are values beyond `clip`, until `patience` of them came in a row.
///
/// Integers only: equal bits on every target. All state lies in the caller's memory and is plain
/// data: its bytes can be stored and given to resume().
class SeasonalForecast {
  public:
    /// What one slot brought.
    struct Outcome {
        int16_t expected = 0;      ///< forecast one slot ahead
        int16_t day_ahead = 0;     ///< forecast made one day before
        int32_t error_q4 = 0;      ///< value - expected over the mean error there, 1/16, signed
        int32_t day_error_q4 = 0;  ///< the same for the forecast made one day before
        bool judged = false;  ///< false while the first seasons are learned, or for a missing value
        bool refused = false;  ///< too far off to be learned
    };

    static uint32_t state_bytes(const SeasonalParameters& parameters);

    /// Factory state. `parameters` passed check(); `state`: state_bytes(), 8-byte aligned, owned by
    /// the caller.
    void start(const SeasonalParameters& parameters, std::span<uint8_t> state);
    /// Goes on from stored bytes that are already in `state`. bad_value, and the factory state,
    /// where they are not such a state.
    Status resume(const SeasonalParameters& parameters, std::span<uint8_t> state);

    /// The next value, in slot 0..slots-1 of the season. Slots that were jumped over count as
    /// missing. A slot given twice in a row keeps its first value (`judged` is false).
    Outcome push(uint32_t slot, int16_t value);

    /// Forecast `ahead` slots after the last one, 1..day.
    int16_t forecast(uint32_t ahead) const;
    /// Mean absolute error expected there, value steps.
    uint16_t expected_error(uint32_t ahead) const;
    /// A profile, and a season of errors to judge by, are learned.
    bool ready() const;
    uint32_t day() const { return parameters_.day; }
    uint32_t slots_seen() const { return header_->seen; }

  private:
    struct Header {
        uint32_t seen;
        uint32_t slot;           ///< of the last value
        uint32_t blind;          ///< slots in a row that were missing or refused
        uint32_t refused;        ///< values refused since the last one learned
        int32_t refused_sum_q4;  ///< of their distances from the day-ahead forecast
        uint32_t error_power;    ///< running mean of squared day-ahead errors, Q8 value steps
        std::array<int32_t, SeasonalParameters::terms> weights_q14;
    };
    using Terms = std::array<int32_t, SeasonalParameters::terms>;

    void bind(const SeasonalParameters& parameters, std::span<uint8_t> state);
    Outcome advance(int16_t value);
    void learn_first(uint32_t slot, int16_t value);
    void learn(uint32_t slot, const Terms& terms, int32_t base_q4, int32_t value_q4);
    void learn_errors(uint32_t hour, int64_t day_error_q4, int64_t near_error_q4, uint32_t blind);
    uint32_t least_q8() const;
    uint32_t error_scale_q8(uint32_t hour, uint32_t blind) const;
    void move_level(int32_t distance_q4);
    uint32_t before(uint32_t slot, uint32_t steps) const;
    int32_t profile_q4(uint32_t slot) const;
    int32_t deviation_q4(uint32_t slot) const;
    Terms terms(uint32_t slot) const;
    int32_t day_ahead_q4(uint32_t slot, const Terms& terms) const;
    int32_t expected_q4(uint32_t slot, uint32_t ahead, int32_t day_ahead_q4) const;

    SeasonalParameters parameters_{};
    std::span<uint8_t> state_;
    Header* header_ = nullptr;
    int32_t* profile_q8_ = nullptr;       // [slots]
    uint32_t* near_error_q8_ = nullptr;   // [day]: mean |error| one slot ahead, by time of day
    uint32_t* day_error_q8_ = nullptr;    // [day]: the same a day ahead
    int32_t* recent_error_q4_ = nullptr;  // [day]: value - day-ahead forecast, by time of day
    int16_t* last_ = nullptr;             // [slots]: the last value in each slot
    int16_t* correction_q14_ = nullptr;   // [day]: by distance - 1
};

}  // namespace ganglion
