#pragma once

#include <algorithm>
#include <cstdint>

#include "device/learn/seasonal_forecast.hpp"

namespace ganglion {

/// When weather favours potato late blight: a published rule of two days in a row, each at least so
/// warm throughout and so many hours so humid.
///
/// - Hutton criteria: two consecutive days with a minimum temperature of 10 degC and at least six
///   hours of relative humidity of 90 % or more (Dancey, Skelsey and Cooke, "The Hutton Criteria: a
///   new national warning system for potato late blight", AHDB 2017).
/// - Smith period: the same with eleven hours (L. P. Smith, "Potato blight forecasting by 90 %
///   humidity criteria", Plant Pathology 5, 1956).
struct DiseaseRule {
    int16_t least_temperature;  ///< in the readings' unit, throughout the day
    int16_t least_humidity;     ///< in the readings' unit
    uint16_t humid_slots;       ///< of a day
    uint16_t least_slots;       ///< with both readings: fewer, and the day tells nothing
};

/// Applies a DiseaseRule to readings in slots of the day; a day ends where the slot of the day
/// falls.
class DiseaseWeather {
  public:
    /// Plain data, to be kept over a restart; all zeros at the start.
    struct State {
        int16_t lowest;
        uint16_t slots;      ///< read today
        uint16_t humid;      ///< of them
        uint16_t last_slot;  ///< of the day
        uint16_t days;       ///< favourable ones in a row, at most 2
        uint16_t reserved;
    };

    /// The mean of one slot of the day, either of which may be kMissing; slots rise within a day.
    static void push(const DiseaseRule& rule, State& state, uint16_t slot_of_day,
                     int16_t temperature, int16_t humidity) {
        if (slot_of_day <= state.last_slot) end_day(rule, state);
        state.last_slot = slot_of_day;
        if (temperature == kMissing || humidity == kMissing) return;
        state.lowest = state.slots == 0 ? temperature : std::min(state.lowest, temperature);
        ++state.slots;
        if (humidity >= rule.least_humidity) ++state.humid;
    }

    /// Today, as far as it goes, and the day before fulfil the rule.
    static bool favourable(const DiseaseRule& rule, const State& state) {
        return state.days != 0 && complete(rule, state);
    }
    /// One day does.
    static bool half(const State& state) { return state.days >= 1; }

  private:
    static bool complete(const DiseaseRule& rule, const State& state) {
        return state.slots >= rule.least_slots && state.humid >= rule.humid_slots &&
               state.lowest >= rule.least_temperature;
    }
    static void end_day(const DiseaseRule& rule, State& state) {
        const bool good = complete(rule, state);
        state.days = good ? static_cast<uint16_t>(std::min(state.days + 1, 2)) : uint16_t{0};
        state.slots = 0;
        state.humid = 0;
    }
};

}  // namespace ganglion
