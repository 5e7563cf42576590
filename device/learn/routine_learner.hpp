#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "device/learn/learner.hpp"
#include "device/learn/routine.hpp"

namespace ganglion {

/// Routine as a stage of a pipeline. Frames: minute of the week, event (negative: none). Scores:
/// for each action 1000 while it is awaited, else 0.
class RoutineLearner {
  public:
    using Parameters = RoutineParameters;

    static Status parse(const LearnerHeader& header, uint32_t values,
                        std::span<const uint8_t> bytes, Parameters& parameters) {
        if (bytes.size() != sizeof parameters || values != 2) return Status::bad_shape;
        std::memcpy(&parameters, bytes.data(), sizeof parameters);
        if (header.outputs != parameters.actions) return Status::bad_shape;
        return parameters.check();
    }
    static uint32_t state_bytes(const Parameters& parameters) {
        return Routine::state_bytes(parameters);
    }
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state) {
        learn_days_ = parameters.learn_days;
        routine_.start(parameters, state);
    }
    bool resume(const Parameters& parameters, std::span<uint8_t> state) {
        learn_days_ = parameters.learn_days;
        return routine_.resume(parameters, state) == Status::ok;
    }
    bool push(std::span<const int16_t> values, std::span<uint8_t> /*scratch*/,
              std::span<uint16_t> scores) {
        const bool timed = values[0] >= 0;  // without the time there is nothing to learn
        const uint32_t awaited =
            timed ? routine_.push(static_cast<uint32_t>(values[0]), values[1]) : 0U;
        for (size_t i = 0; i < scores.size(); ++i) scores[i] = awaited >> i & 1U ? 1000 : 0;
        return routine_.days() >= learn_days_;
    }

    /// For a proof: judges from the first day on.
    static void shorten(Parameters& parameters) {
        parameters.learn_days = 0;
        parameters.least_cues = 1;
    }

  private:
    Routine routine_;
    uint16_t learn_days_ = 0;
};

}  // namespace ganglion
