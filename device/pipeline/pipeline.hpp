#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/bundle/bundle.hpp"
#include "device/core/status.hpp"
#include "device/decide/decision.hpp"
#include "device/features/log_mel.hpp"
#include "device/features/spectrum_bands.hpp"
#include "device/learn/running_normal.hpp"
#include "device/program/program.hpp"

namespace ganglion {

/// Sensor samples to decisions: features → window of frames → program → score → decision. The same
/// class runs on the chip, in training and on the host, and gives the same bits for the same
/// samples, whatever the size of the blocks they come in.
class Pipeline {
  public:
    /// RAM that start() needs, exactly: arena (shared with the features' scratch), feature state,
    /// window of frames, what is learned. 0 where the bundle's program is not valid.
    static uint32_t ram_bytes(const Bundle& bundle);

    /// Checks everything that push() relies on. `ram`: at least ram_bytes(), 16-byte aligned, owned
    /// by the caller. The bytes of `bundle` must outlive the pipeline. May be called again at any
    /// time; starts from nothing. Errors: those of Program::load, too_large (RAM), bad_shape (model
    /// and features do not fit), bad_value (alignment).
    Status start(const Bundle& bundle, std::span<int8_t> ram);

    /// As start(), but learns over the proof's number of frames: for replaying the proof's samples.
    Status start_for_proof(const Bundle& bundle, std::span<int8_t> ram);

    /// Replays the bundle's proof in `ram` on this very machine and compares every score and every
    /// tensor bit: ok or proof_failed (or start()'s errors). Leaves the pipeline as after start().
    Status prove(const Bundle& bundle, std::span<int8_t> ram);

    /// Feeds int16 samples (interleaved channels, whole or in parts). Returns true when an
    /// inference ran and `out` was written. Blocks of at most block_values() hold at most one
    /// inference; in a longer block the last one is reported, or the one that fired. Cannot fail.
    /// Not started: false.
    bool push(std::span<const int16_t> samples, Decision& out);

    /// Feeds any number of samples and calls sink(const Decision&) for each inference, in order.
    template <typename Sink>
    void feed(std::span<const int16_t> samples, Sink&& sink) {
        const size_t block = hop_values();
        while (!samples.empty() && block != 0) {
            const size_t count = samples.size() < block ? samples.size() : block;
            Decision decision;
            if (push(samples.first(count), decision)) sink(decision);
            samples = samples.subspan(count);
        }
    }

    /// int16 values in one stride (hop * stride * channels): the largest block with at most one
    /// inference.
    size_t block_values() const { return hop_values() * section_.header.stride; }
    /// int16 values in one hop: the largest block with at most one frame.
    size_t hop_values() const { return size_t{section_.header.hop} * section_.header.channels; }
    /// True while the pipeline still learns what is normal and therefore does not decide.
    bool learning() const { return learns_ && !normal_.ready(); }
    uint64_t samples() const {
        return started_ ? values_ / section_.header.channels : 0;
    }  ///< per channel, since start
    uint64_t frames() const { return frames_; }
    uint64_t inferences() const { return inferences_; }
    /// Score of the last inference before averaging, permille.
    uint16_t last_score() const { return last_score_; }
    /// What the last inference read (oldest frame first, in two parts) and wrote. Valid within
    /// feed()'s sink, or after a push() of at most hop_values() that returned true: the next frame
    /// writes over it.
    std::span<const int8_t> input_older() const;
    std::span<const int8_t> input_newer() const;
    std::span<const int8_t> output() const;
    /// CRC-32 of those bytes, input first, continuing `crc`: what a proof compares.
    uint32_t tensors_crc(uint32_t crc) const;

  private:
    Status start_with(const Bundle& bundle, std::span<int8_t> ram, uint32_t learn_frames);
    bool take_frame();
    Decision infer();

    LogMel log_mel_;
    SpectrumBands spectrum_bands_;
    RunningNormal normal_;
    Decider decider_;
    Program program_;
    FeatureSection section_;
    DecisionParameters parameters_{};

    std::span<int8_t> arena_;       // also the features' scratch
    std::span<int8_t> window_;      // ring of frames
    std::span<int16_t> raw_frame_;  // spectrum_bands: one frame before standardising
    uint32_t frame_values_ = 0;
    uint32_t next_frame_ = 0;  // in the ring: where the next frame goes = the oldest frame
    uint32_t frames_until_inference_ = 0;
    bool started_ = false;
    bool learns_ = false;
    uint16_t last_score_ = 0;
    uint64_t values_ = 0;
    uint64_t frames_ = 0;
    uint64_t inferences_ = 0;
};

}  // namespace ganglion
