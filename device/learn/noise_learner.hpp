#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/decide/alert_budget.hpp"
#include "device/learn/learner.hpp"

namespace ganglion {

/// How a NoiseLearner listens (little-endian, no padding).
struct NoiseParameters {
    uint32_t slot_blocks;           ///< blocks in a slot of the day, 1..2^20
    uint32_t learn_blocks;          ///< blocks before it judges, 1..2^20
    uint16_t slots;                 ///< slots of a day, 1..24
    uint16_t block;                 ///< frames that are one judgement, 1..1024
    uint16_t adapt_shift;           ///< a slot forgets over 2^shift of its blocks, 4..15
    uint16_t least_deviation;       ///< 1/256 doublings: no deviation counts as smaller, 1..4096
    uint16_t clip;                  ///< deviations beyond which a block teaches no more, 1..64
    uint16_t reserved;              ///< zero
    AlertBudgetParameters loud;     ///< score: mean deviations above the usual level
    AlertBudgetParameters unusual;  ///< score: mean deviations from the usual spectrum
};
static_assert(sizeof(NoiseParameters) == 44);

/// What sound is usual in a room at each time of day, and what is not. Frames: log2 energies of
/// bands, 1/256 doublings. Frames are added up as energies to blocks (the equal-energy level of
/// acoustics), and for each slot of the day the mean and the mean absolute deviation of the level
/// and of every band against the level are kept, exponentially weighted. A block beyond `clip`
/// deviations pulls no harder than one at them, so one night's alarm does not become usual, and
/// what is there every night does.
///
/// The day is counted in blocks from the first one on: a microphone has no clock, and none is
/// needed for a day to have the same slots again. Across a restart it goes on where it stood, so
/// the time without power shifts the day. A slot that was never heard begins with what is usual
/// over all slots, as little of it as kPrior blocks are worth.
///
/// Scores: loud, unusual; 500 where the threshold stands, and that learns on the device to alert
/// once in so many blocks (AlertBudget), from the second time on that it hears a slot. Integers
/// only, equal bits on every target.
class NoiseLearner {
  public:
    static constexpr uint32_t outputs = 2;
    static constexpr uint32_t kMostBands = 16;
    static constexpr uint32_t kPrior = 32;

    struct Parameters : NoiseParameters {
        uint32_t values;
    };
    static Status parse(const LearnerHeader& header, uint32_t values,
                        std::span<const uint8_t> bytes, Parameters& parameters);
    static uint32_t state_bytes(const Parameters& parameters);
    static uint32_t scratch_bytes(const Parameters& /*parameters*/) { return 0; }

    void start(const Parameters& parameters, std::span<uint8_t> state);
    bool resume(const Parameters& parameters, std::span<uint8_t> state);
    bool push(std::span<const int16_t> values, std::span<uint8_t> scratch,
              std::span<uint16_t> scores);

    /// For a proof: each frame is a block, two are learned, two are a slot.
    static void shorten(Parameters& parameters);

    /// Usual level of a slot, 1/256 doublings; 0 where it was never heard.
    int32_t usual_level(uint32_t slot) const;
    uint32_t slot() const { return day_->slot; }

  private:
    struct Usual {
        int32_t mean_q16;
        uint32_t deviation_q16;
    };
    struct Day {
        uint32_t blocks;   ///< heard so far, at most learn_blocks
        uint32_t in_slot;  ///< blocks of the present slot
        uint32_t slot;
        uint32_t reserved;
        AlertBudget::State loud, unusual;
    };
    using Block = std::array<int32_t, kMostBands + 1>;  // bands against the level; then the level

    void bind(const Parameters& parameters, std::span<uint8_t> state);
    void judge(const Block& block);
    void learn(uint32_t row, const Block& block);
    uint32_t width() const { return parameters_.values + 1; }
    std::span<Usual> row(uint32_t index) { return usual_.subspan(index * width(), width()); }
    uint32_t apart_q8(const Usual& usual, int32_t value) const;

    Parameters parameters_{};
    Day* day_ = nullptr;
    std::span<uint32_t> counts_;  // blocks learned by row: the slots, then all of them together
    std::span<Usual> usual_;      // [slots + 1][bands + 1]
    Block sums_{};                // of the block that is coming in
    uint32_t frames_ = 0;         // in it
    std::array<uint16_t, outputs> scores_{};
};

}  // namespace ganglion
