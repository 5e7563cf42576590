#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/bundle/bundle.hpp"
#include "device/core/status.hpp"
#include "device/event/score_sketch.hpp"
#include "device/outbox/outbox.hpp"
#include "device/update/health.hpp"

/// What the board does by itself, in an interrupt between sampling and the network: samples →
/// pipeline → decision → stop line, event, gate. Nothing that the network does can delay it.
namespace ganglion::firmware::reflex {

/// RAM set aside for a bundle's pipeline.
inline constexpr uint32_t kPipelineRamBytes = 128 * 1024;

/// Starts `bundle` and makes it prove itself; ready to run() then. Before run() only. too_large,
/// too_slow, proof_failed and the pipeline's errors.
Status prepare(const Bundle& bundle);

/// Makes `bundle` prove itself in the RAM that the running one leaves, which goes on deciding.
/// too_large (no room beside it), too_slow, proof_failed and the pipeline's errors.
Status prove_beside(const Bundle& bundle);

/// The bundle that prove_beside() has last found good takes over between two samples: none is lost,
/// the sample index goes on. False where it senses in another way (rate, channels, gate) or has not
/// been proved: then the board has to start anew.
bool take_over(const Bundle& bundle);

/// What the bundle in use has decided since it was taken into use.
update::ScoreCounts scores();
/// The stop line has been pulled in this boot.
bool has_stopped();

/// Starts sampling. `outbox` gets events of `boot`, whose next sequence is `next_sequence`.
void run(const Bundle& bundle, Outbox& outbox, uint32_t boot, uint32_t next_sequence);

/// What the learners of all stages know now, one after the other, in `into`; its size, 0 where
/// there is nothing, or where it does not fit. Thread mode; a moment at one sample.
size_t copy_learned(std::span<uint8_t> into);
/// Goes on from what copy_learned() gave under the same bundle. False, and the factory state, where
/// it cannot be that.
bool resume_learned(std::span<const uint8_t> bytes);
/// The learners begin anew.
void forget_learned();
/// Pipeline::share() and Pipeline::prime() of the bundle in use.
uint32_t share_learned(uint32_t stage, std::span<int16_t> shared);
bool prime_learner(uint32_t stage, std::span<const int16_t> prior);

uint64_t inferences();
/// Of the last inference with its features, the interrupts that came in between included; 0 before
/// the first.
uint32_t instructions();
/// The same of all samples since the start.
uint64_t work_instructions();
/// Highest score since the last call, permille.
uint16_t take_highest_score();
/// Scores of every inference since the last call.
ScoreSketch take_scores();
/// ScoreDrift::permille() of the bundle in use.
uint16_t drift_permille();
/// Sequence of the newest event.
uint32_t last_sequence();

}  // namespace ganglion::firmware::reflex
