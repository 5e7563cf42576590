#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "device/bundle/bundle.hpp"
#include "device/core/status.hpp"
#include "device/decide/decision.hpp"
#include "device/features/feature_block.hpp"
#include "device/features/sound_gate.hpp"
#include "device/learn/learner.hpp"
#include "device/learn/running_normal.hpp"
#include "device/program/program.hpp"

namespace ganglion {

/// Sensor samples to decisions: features → window of frames → stages, each a program or learner →
/// scores → decision. Every stage but the last is a gate: the next one runs only while it is open
/// (a cascade), on the same frames and with the same scores as if it were always open; its average
/// begins anew when it has missed an inference. The first inference of a streaming program behind a
/// gate may take as much as all that make up a window. Before the features there may be a sound
/// gate: while it and all others are closed, no features are computed and no stage runs; the last
/// frame stands for those that were slept through. The same class runs on the chip, in training and
/// on the host, and gives the same bits for the same samples, whatever the size of the blocks they
/// come in.
class Pipeline {
  public:
    /// RAM that start() needs, exactly: arena (shared with the scratch of features and learners),
    /// feature state, window of frames, what is learned, scores. 0 where a program is not valid.
    static uint32_t ram_bytes(const Bundle& bundle);

    /// Checks everything that push() relies on. `ram`: at least ram_bytes(), 16-byte aligned, owned
    /// by the caller. The bytes of `bundle` must outlive the pipeline. May be called again at any
    /// time; starts from nothing. Errors: those of Program::load, too_large (RAM), bad_shape (model
    /// and features do not fit), bad_value (alignment).
    Status start(const Bundle& bundle, std::span<int8_t> ram);

    /// As start(), but for replaying the proof's samples: learns over few frames, with all gates
    /// open.
    Status start_for_proof(const Bundle& bundle, std::span<int8_t> ram);

    /// Replays the bundle's proof in `ram` on this very machine and compares every score and every
    /// tensor bit: ok or proof_failed (or start()'s errors). Leaves the pipeline as after start().
    /// `cost`: tells what the dearest inference took, with its features.
    struct ProofCost {
        uint64_t (*ticks)();  ///< of a clock that stands still while others work
        uint64_t most = 0;    ///< ticks; the first inference, which fills the window, aside
    };
    Status prove(const Bundle& bundle, std::span<int8_t> ram, ProofCost* cost = nullptr);

    /// Takes int16 samples (interleaved channels, whole or in parts) off the front of `samples`
    /// until an inference ran (true, and `out` was written) or none are left (false). Cannot fail.
    /// Not started: false.
    bool next(std::span<const int16_t>& samples, Decision& out);

    /// Takes all samples. Returns true when an inference ran; `out` is the last one, or the one
    /// that fired.
    bool push(std::span<const int16_t> samples, Decision& out);

    /// Takes all samples and calls sink(const Decision&) for each inference, in order.
    template <typename Sink>
    void feed(std::span<const int16_t> samples, Sink&& sink) {
        Decision decision;
        while (next(samples, decision)) sink(decision);
    }

    /// True while the pipeline still learns what is normal and therefore does not decide.
    bool learning() const;
    uint64_t samples() const {
        return started_ ? values_ / section_.header.channels : 0;
    }  ///< per channel, since start
    uint64_t frames() const { return frames_; }
    /// Of these, the ones that the sound gate let the features sleep through.
    uint64_t slept_frames() const { return slept_frames_; }
    /// Inferences of all stages, and of one.
    uint64_t inferences() const;
    uint64_t inferences(uint32_t stage) const { return stages_[stage].inferences; }
    /// Score of the last inference before averaging, permille; of several the highest.
    uint16_t last_score() const;
    /// All scores of the last inference, before averaging.
    std::span<const uint16_t> last_scores() const { return std::span(scores_).first(score_count_); }
    /// What the program of the last inference read (oldest frame first, in two parts) and wrote;
    /// empty where it has none. Valid until the next sample.
    std::span<const int8_t> input_older() const;
    std::span<const int8_t> input_newer() const;
    std::span<const int8_t> output() const;
    /// The last frame before scaling. Valid until the next sample.
    std::span<const int16_t> raw_frame() const { return raw_frame_; }
    /// CRC-32 of what the last inference read and wrote, input first, continuing `crc`: what a
    /// proof compares.
    uint32_t tensors_crc(uint32_t crc) const;

    /// The learner of `stage` takes the last inference's values as an example of `label` (output).
    /// False where it has none, or refuses.
    bool teach(uint32_t stage, uint32_t label);

    /// What the learner of `stage` has learned: plain data, to be kept over a restart; empty where
    /// it has none.
    std::span<const uint8_t> learned(uint32_t stage) const {
        return stages_[stage].learner.learned();
    }
    /// Goes on from what learned() gave before, under the same bundle. False, and as from the
    /// factory, where the bytes cannot be that.
    bool resume_learned(uint32_t stage, std::span<const uint8_t> bytes);

    /// Learner::share() and Learner::prime() of the stage's learner.
    uint32_t share(uint32_t stage, std::span<int16_t> shared) const {
        return stages_[stage].has_learner ? stages_[stage].learner.share(shared) : 0;
    }
    bool prime(uint32_t stage, std::span<const int16_t> prior) {
        return stages_[stage].has_learner && stages_[stage].learner.prime(prior);
    }

    /// The learner of `stage` is as from the factory again.
    void forget(uint32_t stage) { stages_[stage].learner.forget(stages_[stage].learner_section); }

    /// What the last stage's learner expects `ahead` frames from now (Learner::forecast).
    bool forecast(uint32_t ahead, int16_t& value, uint16_t& error) const {
        return stage_count_ != 0 && stages_[stage_count_ - 1].learner.forecast(ahead, value, error);
    }

  private:
    struct Stage {
        DecisionParameters parameters{};
        Program program;
        std::span<int8_t> arena;  // of a streaming program its own, else the common one
        Learner learner;
        LearnerSection learner_section;
        Decider decider;
        std::span<int16_t> outputs;  // of the program, for the learner
        uint32_t until = 0;          // frames to the next inference
        uint32_t missed = 0;         // inferences behind a closed gate, as far as it matters
        uint64_t hold_samples = 0;
        uint64_t open_until = 0;  // sample: so long the next stage runs
        uint64_t inferences = 0;
        bool has_program = false;
        bool streams = false;  // the program is given the new frames and keeps what it knows
        bool has_learner = false;
    };

    Status start_with(const Bundle& bundle, std::span<int8_t> ram, bool proof);
    void start_stage(Stage& stage, const BundleStage& from, std::span<uint8_t> learner,
                     std::span<uint8_t> decider, bool proof);
    bool take_samples(std::span<const int16_t>& samples);
    void take_frame();
    void sleep_frame();
    bool needs_frames() const;
    bool is_due(uint32_t index);
    uint32_t earlier_runs(const Stage& stage) const;
    void catch_up(Stage& stage);
    void run_window(Stage& stage);
    void run_stream(Stage& stage, uint32_t age);
    bool infer(uint32_t index, Decision& out);
    std::span<const int16_t> judged_values(Stage& stage);
    uint32_t first_frame(const Stage& stage) const;

    SoundGate sound_;
    FeatureBlock block_;
    RunningNormal normal_;
    FeatureSection section_;
    std::array<Stage, kMaximumStages> stages_;
    uint32_t stage_count_ = 0;
    uint32_t pending_ = kMaximumStages;  // stage that the last frame has still to go through
    uint32_t last_stage_ = 0;

    std::span<int8_t> arena_;   // also the scratch of features and learners
    std::span<int8_t> window_;  // ring of scaled frames; none where no stage has a program
    std::span<int16_t> raw_frame_;
    uint32_t next_frame_ = 0;  // in the ring: where the next frame goes = the oldest frame
    uint32_t score_count_ = 0;
    bool started_ = false;
    bool learns_ = false;
    bool all_open_ = false;
    bool sleeps_ = false;  // there is a sound gate
    bool asleep_ = false;  // the last frame was slept through
    uint64_t values_ = 0;
    uint64_t frames_ = 0;
    uint64_t slept_frames_ = 0;
    uint64_t kept_ = 0;  // frames since learning ended
    std::array<uint16_t, kMaximumOutputs> scores_{};
};

}  // namespace ganglion
