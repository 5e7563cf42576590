#pragma once

#include <cstdint>
#include <span>

#include "device/learn/learner.hpp"
#include "device/learn/prototypes.hpp"

namespace ganglion {

/// Prototypes as a bundle's learner: its outputs are the classes that can be taught. Until a class
/// has its examples it scores 0, so from the factory nothing ever fires. Parameters in the bundle:
/// PrototypeParameters (little-endian), classes as many as outputs, points x width as many as the
/// values that it judges; the values are cut to int8.
class PrototypeLearner {
  public:
    using Parameters = PrototypeParameters;
    static Status parse(const LearnerHeader& header, uint32_t values,
                        std::span<const uint8_t> bytes, Parameters& parameters);
    static uint32_t state_bytes(const Parameters& parameters) {
        return Prototypes::state_bytes(parameters);
    }
    static uint32_t scratch_bytes(const Parameters& parameters);

    void start(const Parameters& parameters, std::span<uint8_t> state);
    bool resume(const Parameters& parameters, std::span<uint8_t> state);

    /// Scores the one class that is near enough, the others 0. Always judges.
    bool push(std::span<const int16_t> values, std::span<uint8_t> scratch,
              std::span<uint16_t> scores);
    /// False where the example is refused (Prototypes::Taught).
    bool teach(uint32_t label, std::span<const int16_t> values, std::span<uint8_t> scratch);

  private:
    std::span<const int8_t> narrowed(std::span<const int16_t> values,
                                     std::span<uint8_t> scratch) const;

    Prototypes prototypes_;
    uint32_t row_bytes_ = 0;
};

}  // namespace ganglion
