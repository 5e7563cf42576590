#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"
#include "device/learn/share_terms.hpp"

namespace ganglion {

/// Which learner a stage has. A new learner: one value here, one row in learner.cpp
/// (docs/applications.md).
enum class LearnerKind : uint32_t {
    distance = 1,
    prototypes = 16,
    series = 20,
    plot = 21,
    routine = 22,
    level = 23,
    noise = 24
};

/// First bytes of a bundle's LEARNER section (little-endian, no padding); the learner's own
/// parameters follow, and the terms on which it shares what it learns.
struct LearnerHeader {
    uint32_t kind;             ///< LearnerKind
    uint32_t outputs;          ///< scores that it gives, 1..16
    uint32_t parameter_bytes;  ///< multiple of 4
    uint32_t share_bytes;      ///< sizeof(ShareTerms) behind the parameters, or 0: shares nothing
};
static_assert(sizeof(LearnerHeader) == 16);

struct LearnerSection {
    LearnerHeader header{};
    uint32_t values = 0;                  ///< int16 values of what it judges
    std::span<const uint8_t> parameters;  ///< 4-byte aligned; checked by the learner
    ShareTerms share;                     ///< valid only where `shares`
    bool shares = false;
};

/// One learner of whatever kind a bundle names, in the caller's memory. It judges frames (raw
/// feature values, or a program's outputs) by what it has learned on this very device, and learns
/// from those that it finds normal. The kinds are the rows of learner.cpp; each is a class with
///
///     using Parameters = ...;
///     static Status parse(const LearnerHeader&, uint32_t values, std::span<const uint8_t> bytes,
///                         Parameters&);
///     static uint32_t state_bytes(const Parameters&);    // 8-byte aligned, kept, plain data
///     static uint32_t scratch_bytes(const Parameters&);  // 8-byte aligned, during push() alone
///     void start(const Parameters&, std::span<uint8_t> state);     // factory state
///     bool resume(const Parameters&, std::span<uint8_t> state);    // stored bytes; false: not
///     good bool push(std::span<const int16_t> values, std::span<uint8_t> scratch,
///               std::span<uint16_t> scores);  // permille by output; false: still learning
///     bool teach(uint32_t label, std::span<const int16_t> values, std::span<uint8_t> scratch);
///     bool forecast(uint32_t ahead, int16_t& value, uint16_t& error) const;
///     static uint32_t shared_numbers(const Parameters&);  // of share()
///     uint32_t share(std::span<int16_t> shared) const;
///     bool prime(std::span<const int16_t> prior);
///
///     static void shorten(Parameters&);  // for the proof: learns over as few frames as it can
///
/// Those from teach() on are optional. teach() takes the values as an example of a label; false
/// where it is refused.
class Learner {
  public:
    /// Reads a LEARNER section whose frames have `values` int16 values. `bytes`: 4-byte aligned.
    static Status parse(std::span<const uint8_t> bytes, uint32_t values, LearnerSection& section);

    /// `section` must be parsed, here and below.
    static uint32_t state_bytes(const LearnerSection& section);
    static uint32_t scratch_bytes(const LearnerSection& section);

    /// Factory state. `state`: state_bytes(), 8-byte aligned, zero; must live as long.
    /// `proof`: learns over as few frames as it can, to replay a bundle's proof.
    void start(const LearnerSection& section, std::span<uint8_t> state, bool proof = false);

    bool push(std::span<const int16_t> values, std::span<uint8_t> scratch,
              std::span<uint16_t> scores) {
        return push_(learner_, values, scratch, scores);
    }
    bool teach(uint32_t label, std::span<const int16_t> values, std::span<uint8_t> scratch) {
        return teach_ != nullptr && teach_(learner_, label, values, scratch);
    }
    /// The value that it expects `ahead` frames from now, in the frames' unit, and the mean error
    /// to be expected. False where it forecasts nothing, or not yet, or not so far.
    bool forecast(uint32_t ahead, int16_t& value, uint16_t& error) const {
        return forecast_ != nullptr && forecast_(learner_, ahead, value, error);
    }

    /// At most kMostShared numbers of what it has learned, each log2 in 1/256, for others of its
    /// kind to begin with; never a sample. How many were written; 0 where it has nothing to share,
    /// or not yet.
    uint32_t share(std::span<int16_t> shared) const {
        return share_ == nullptr ? 0 : share_(learner_, shared);
    }
    /// Begins with what others have shared, once, before it has learned. False where it cannot.
    bool prime(std::span<const int16_t> prior) {
        return prime_ != nullptr && prime_(learner_, prior);
    }

    /// What was learned: plain data, to be stored and given back.
    std::span<uint8_t> learned() const { return learned_; }
    /// Goes on from bytes put into learned(). False, and the factory state, where they cannot be
    /// such a state.
    bool resume(const LearnerSection& section);
    /// The factory state.
    void forget(const LearnerSection& section);

  private:
    bool (*push_)(void*, std::span<const int16_t>, std::span<uint8_t>,
                  std::span<uint16_t>) = nullptr;
    bool (*teach_)(void*, uint32_t, std::span<const int16_t>, std::span<uint8_t>) = nullptr;
    bool (*forecast_)(const void*, uint32_t, int16_t&, uint16_t&) = nullptr;
    uint32_t (*share_)(const void*, std::span<int16_t>) = nullptr;
    bool (*prime_)(void*, std::span<const int16_t>) = nullptr;
    void* learner_ = nullptr;
    std::span<uint8_t> learned_;
};

}  // namespace ganglion
