#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/learn/seasonal_forecast.hpp"

namespace ganglion {

/// Forecasts, one day ahead, a series that recedes slowly between sudden rises, as moisture in a
/// soil does between rains. Five simple predictors of the coming day's change: none at all; the
/// median of the last half day's falls against the day before; the median slope of the last two
/// days; a return towards the lowest value of the last week; the last quarter of a day's fall going
/// on. Their mean is weighted by how well each has done here lately (prediction with expert advice;
/// Cesa-Bianchi and Lugosi 2006): the inverse fourth power of an exponentially forgotten sum of
/// absolute errors. Integers only, equal bits on every target.
class RecessionForecast {
  public:
    static constexpr uint32_t predictors = 5;
    static constexpr uint32_t most_day = 24;

    struct Parameters {
        uint16_t day;          ///< slots in a day, 1..24
        uint16_t equal_error;  ///< value steps of summed error that hardly tell predictors apart
    };

    static uint32_t state_bytes(const Parameters& parameters);
    /// Factory state. day 1..24, equal_error at least 1; `state`: state_bytes(), 8-byte aligned.
    void start(const Parameters& parameters, std::span<uint8_t> state);
    /// Goes on from bytes in `state`. bad_value, and the factory state, where they are none.
    Status resume(const Parameters& parameters, std::span<uint8_t> state);

    /// The next slot's value, or kMissing.
    void push(int16_t value);

    /// Expected value one day after the last slot; kMissing before the first value.
    int16_t forecast() const { return header_->forecast; }
    /// Value `back` slots ago, at most a week; kMissing where not yet seen. Gaps hold the value
    /// before them.
    int16_t value(uint32_t back) const;

  private:
    struct Header {
        uint32_t seen;
        uint16_t next;        // in values_
        uint16_t next_guess;  // in guesses_
        int16_t forecast;
        uint16_t reserved;
        std::array<uint32_t, predictors> losses_q4;
    };
    using Changes = std::array<int32_t, predictors>;

    void bind(const Parameters& parameters, std::span<uint8_t> state);
    uint32_t week() const { return 7U * parameters_.day + 1U; }
    Changes changes() const;
    int32_t combine(const Changes& changes) const;

    Parameters parameters_{};
    Header* header_ = nullptr;
    int16_t* values_ = nullptr;   // ring of a week and one
    int16_t* guesses_ = nullptr;  // ring of a day of predictions by each
};

}  // namespace ganglion
