#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

enum class DecisionKind : uint32_t { class_probability = 1, reconstruction_error = 2 };

/// A bundle's DECISION section (little-endian, no padding).
struct DecisionParameters {
    uint32_t kind;              ///< DecisionKind
    uint16_t label;             ///< output that is scored (class), label reported in events
    uint16_t average;           ///< scores in the moving average, 1..32
    uint16_t threshold;         ///< permille of full scale, 1..1000
    uint16_t consecutive;       ///< averages at or above the threshold before it fires, 1..1000
    uint32_t minimum_gap_ms;    ///< least time between two firings
    int32_t output_zero_point;  ///< of the model's output
    int32_t input_zero_point;   ///< of the model's input (reconstruction_error)
    uint32_t rescale_q16;       ///< output scale / input scale (reconstruction_error), else 0
    uint32_t score_multiplier;  ///< below 2^15: see class_score() and reconstruction_score()
    uint32_t score_shift;       ///< 1..62
};
static_assert(sizeof(DecisionParameters) == 36);

constexpr uint32_t kMaximumAverage = 32;
constexpr uint16_t kFullScore = 1000;

/// Copies and checks a DECISION section.
Status parse_decision(std::span<const uint8_t> bytes, DecisionParameters& parameters);

/// The dequantised output of one class in permille: (q - zero point) * multiplier / 2^shift,
/// rounded, in 0..1000.
uint16_t class_score(const DecisionParameters& parameters, int8_t output);

/// Mean squared difference between what went into an autoencoder and what came out, in permille of
/// a full scale. The output is brought to the input's quantisation in 1/16 of its step; the sum of
/// squares times multiplier / 2^shift. `input` may be given in two parts (a ring of frames), oldest
/// first.
uint16_t reconstruction_score(const DecisionParameters& parameters, std::span<const int8_t> older,
                              std::span<const int8_t> newer, std::span<const int8_t> output);

/// What one inference led to.
struct Decision {
    uint64_t sample =
        0;  ///< index (per channel, from 0) of the last sample that this decision has seen
    uint16_t score_permille = 0;  ///< moving average of the scores
    uint8_t label = 0;            ///< index into the bundle's labels
    bool fired = false;           ///< true once per detection
};

/// Smooths scores and decides. Scores missing at the start count as 0. Fires when `consecutive`
/// averages in a row reach the threshold and the gap since the last firing has passed; after that
/// the average must fall below the threshold before it can fire again.
class Decider {
  public:
    /// `parameters` must come from parse_decision().
    void start(const DecisionParameters& parameters, uint32_t rate_hz);
    Decision decide(uint64_t sample, uint16_t score);

  private:
    std::array<uint16_t, kMaximumAverage> scores_{};
    uint32_t sum_ = 0;
    uint32_t next_ = 0;
    uint32_t above_ = 0;
    uint64_t gap_samples_ = 0;
    uint64_t fired_at_ = 0;
    bool fired_before_ = false;
    bool armed_ = true;
    DecisionParameters parameters_{};
};

}  // namespace ganglion
