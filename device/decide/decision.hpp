#pragma once

#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// What a stage's model gives, and which of it is decided upon.
enum class DecisionKind : uint32_t {
    class_probability = 1,     ///< one output of a program
    reconstruction_error = 2,  ///< how far an autoencoder's output is from its input
    classes = 3,               ///< all outputs of a program or learner, each with its own threshold
    learner = 4,               ///< one output of a learner
};

constexpr uint32_t kMaximumAverage = 32;
constexpr uint32_t kMaximumOutputs = 16;
constexpr uint16_t kFullScore = 1000;
constexpr uint16_t kAlwaysReleased = kFullScore + 1;
constexpr uint32_t kEvidenceSteps = 16;
/// hold_ms of a gate that is always open: what a cascade is compared with.
constexpr uint32_t kAlwaysOpen = UINT32_MAX;

/// A stage's DECISION section (little-endian, no padding).
struct DecisionParameters {
    uint32_t kind;         ///< DecisionKind
    uint16_t outputs;      ///< scores that the model gives, 1..16
    uint16_t label;        ///< output that is scored, 0 for classes
    uint16_t first_label;  ///< the bundle's label of output 0
    uint16_t frames;       ///< that this stage's model sees, 1..FeatureHeader::frames
    uint16_t stride;       ///< frames between two inferences of this stage, 1..1024
    uint16_t average;      ///< scores in the moving average, 1..32
    uint16_t consecutive;  ///< averages at or above the threshold before it fires, 1..1000
    uint16_t votes;        ///< majority: of the last so many averages, 1..32; 0: consecutive counts
    uint16_t majority;     ///< so many at or above the threshold, 1..votes; 0 with votes 0
    uint16_t sequential;   ///< 1: a sequential test in place of thresholds
    uint16_t silent;       ///< 1: opens the next stage, but is no event
    uint16_t once;         ///< 1: closes as soon as the stage that it opened has fired
    uint32_t minimum_gap_ms;    ///< least time between two firings of this stage
    uint32_t hold_ms;           ///< the next stage runs so long after an average at the threshold,
                                ///< or kAlwaysOpen
    int32_t output_zero_point;  ///< of the model's output
    int32_t input_zero_point;   ///< of the model's input (reconstruction_error)
    uint32_t rescale_q16;       ///< output scale / input scale (reconstruction_error), else 0
    uint32_t score_multiplier;  ///< below 2^15: see class_score() and reconstruction_score()
    uint32_t score_shift;       ///< 1..62
    uint16_t
        thresholds[kMaximumOutputs];      ///< permille; classes: by output, 0 never fires; else [0]
    uint16_t releases[kMaximumOutputs];   ///< below it a label may fire again; 1001: always
    int16_t evidence_q8[kEvidenceSteps];  ///< sequential: log likelihood ratio by average / 62.5
    int32_t evidence_bound_q8;            ///< sequential: fires from this sum on
};
static_assert(sizeof(DecisionParameters) == 156);

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
    uint8_t stage = 0;            ///< which of the bundle's stages decided
    bool above = false;           ///< some label is at or above its threshold
    bool fired = false;           ///< true once per detection
};

/// Smooths scores and decides. Scores missing at the start count as 0. A label fires when
/// `consecutive` averages in a row, or `majority` of the last `votes`, reach its threshold and the
/// gap since the last firing has passed; after that its average must fall below `release` before it
/// can fire again (hysteresis). Of several labels at once the one with the highest average fires.
///
/// With `sequential` the threshold is on evidence instead: the sum of the log likelihood ratios of
/// the averages seen, never below 0, so that the test begins anew at each moment (Wald, "Sequential
/// tests of statistical hypotheses", 1945; Page, "Continuous inspection schemes", 1954). The bound
/// comes from the false alarms that are allowed.
class Decider {
  public:
    /// Bytes of 4-byte aligned memory that must live as long as the decider.
    static uint32_t state_bytes(const DecisionParameters& parameters);

    /// `parameters` must come from parse_decision(); `gap_samples`: minimum_gap_ms in samples.
    void start(const DecisionParameters& parameters, uint64_t gap_samples,
               std::span<uint8_t> state);
    /// As at the start, but the gap since the last firing still counts: after a pause.
    void resume();

    /// `scores`: one for each output (classes), else the one.
    Decision decide(uint64_t sample, std::span<const uint16_t> scores);
    Decision decide(uint64_t sample, uint16_t score) { return decide(sample, {&score, 1}); }

  private:
    struct Track {
        uint32_t sum;
        uint32_t votes;  // one bit an average, the newest lowest
        int32_t evidence_q8;
        uint16_t above;
        uint16_t armed;
    };
    uint16_t average(Track& track, uint32_t index, uint16_t score);
    bool reaches(Track& track, uint32_t index, uint16_t average) const;
    bool persists(Track& track, bool reached) const;

    std::span<Track> tracks_;
    std::span<uint16_t> history_;  // `average` scores a track
    uint32_t next_ = 0;
    uint64_t gap_samples_ = 0;
    uint64_t fired_at_ = 0;
    bool fired_before_ = false;
    DecisionParameters parameters_{};
};

}  // namespace ganglion
