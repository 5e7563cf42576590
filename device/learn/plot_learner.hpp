#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "device/learn/learner.hpp"
#include "device/learn/plot_guard.hpp"

namespace ganglion {

/// PlotGuard as a stage of a pipeline. Frames: slot of the week, moisture and, where the station
/// has them, temperature and humidity. Scores: dry ahead, wetting, failed and, with the weather,
/// disease.
class PlotLearner {
  public:
    struct Parameters : PlotParameters {
        uint32_t values;
    };
    static Status parse(const LearnerHeader& header, uint32_t values,
                        std::span<const uint8_t> bytes, Parameters& parameters) {
        PlotParameters plot;
        if (bytes.size() != sizeof plot || (values != 2 && values != 4)) return Status::bad_shape;
        if (header.outputs != (values == 2 ? 3U : 4U)) return Status::bad_shape;
        std::memcpy(&plot, bytes.data(), sizeof plot);
        static_cast<PlotParameters&>(parameters) = plot;
        parameters.values = values;
        return plot.check();
    }
    static uint32_t state_bytes(const Parameters& parameters) {
        return PlotGuard::state_bytes(parameters);
    }
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state) {
        day_ = parameters.day;
        guard_.start(parameters, state);
    }
    bool resume(const Parameters& parameters, std::span<uint8_t> state) {
        day_ = parameters.day;
        return guard_.resume(parameters, state) == Status::ok;
    }
    bool push(std::span<const int16_t> values, std::span<uint8_t> /*scratch*/,
              std::span<uint16_t> scores) {
        const bool weather = values.size() == 4;
        PlotGuard::Judgement judgement;
        const bool judged =
            guard_.push(static_cast<uint32_t>(values[0]), values[1], weather ? values[2] : kMissing,
                        weather ? values[3] : kMissing, judgement);
        scores[0] = judgement.dry_ahead;
        scores[1] = judgement.wetting;
        scores[2] = judgement.failed;
        if (weather) scores[3] = judgement.disease;
        return judged;
    }
    static uint32_t shared_numbers(const Parameters& /*parameters*/) {
        return PlotGuard::kSharedNumbers;
    }
    uint32_t share(std::span<int16_t> shared) const { return guard_.share(shared); }
    bool prime(std::span<const int16_t> prior) { return guard_.prime(prior); }
    /// The moisture expected in a day; false before the first reading, and for other distances.
    bool forecast(uint32_t ahead, int16_t& value, uint16_t& error) const {
        value = guard_.forecast().forecast();
        error = 0;
        return ahead == day_ && value != kMissing;
    }

    /// For a proof: a day is one slot.
    static void shorten(Parameters& parameters) {
        parameters.day = 1;
        parameters.learn_days = 1;
    }

  private:
    PlotGuard guard_;
    uint16_t day_ = 0;
};

}  // namespace ganglion
