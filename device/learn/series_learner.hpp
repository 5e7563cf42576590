#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "device/learn/learner.hpp"
#include "device/learn/series_guard.hpp"

namespace ganglion {

/// SeriesGuard as a stage of a pipeline. Frames: slot of the week, value. Scores: sudden,
/// sustained, stuck, implausible.
class SeriesLearner {
  public:
    using Parameters = SeriesGuardParameters;
    static constexpr uint32_t outputs = 4;

    static Status parse(const LearnerHeader& header, uint32_t values,
                        std::span<const uint8_t> bytes, Parameters& parameters) {
        if (bytes.size() != sizeof parameters || values != 2) return Status::bad_shape;
        if (header.outputs != outputs) return Status::bad_shape;
        std::memcpy(&parameters, bytes.data(), sizeof parameters);
        return parameters.check();
    }
    static uint32_t state_bytes(const Parameters& parameters) {
        return SeriesGuard::state_bytes(parameters);
    }
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state) {
        guard_.start(parameters, state);
    }
    bool resume(const Parameters& parameters, std::span<uint8_t> state) {
        return guard_.resume(parameters, state) == Status::ok;
    }
    bool push(std::span<const int16_t> values, std::span<uint8_t> /*scratch*/,
              std::span<uint16_t> scores) {
        const auto judgement = guard_.push(static_cast<uint32_t>(values[0]), values[1]);
        std::fill(scores.begin(), scores.end(), uint16_t{0});
        using Verdict = SeriesGuard::Verdict;
        // What is not yet far enough still shows how far it is.
        const auto verdict =
            judgement.verdict == Verdict::normal ? Verdict::sudden : judgement.verdict;
        scores[static_cast<size_t>(verdict) - 1] = judgement.score_permille;
        return guard_.forecast().ready();
    }
    /// The value expected `ahead` slots after the last, and its mean error; false while it learns.
    bool forecast(uint32_t ahead, int16_t& value, uint16_t& error) const {
        if (!guard_.forecast().ready() || ahead < 1 || ahead > guard_.forecast().day())
            return false;
        value = guard_.forecast().forecast(ahead);
        error = guard_.forecast().expected_error(ahead);
        return true;
    }

    /// For a proof: a day is one slot, a season three.
    static void shorten(Parameters& parameters) {
        parameters.seasonal.day = 1;
        parameters.seasonal.slots = 3;
    }

  private:
    SeriesGuard guard_;
};

}  // namespace ganglion
