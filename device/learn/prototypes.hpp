#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// How examples are kept and compared.
struct PrototypeParameters {
    uint16_t points;     ///< of an example, 1..64
    uint16_t width;      ///< values of a point, 1..16
    uint16_t classes;    ///< that can be taught, 1..16
    uint16_t per_class;  ///< examples kept of each, 1..10
    uint16_t band;       ///< points by which two examples may lie apart in time; 0: compared as is
    uint16_t refuse_q8;  ///< an example further than this share (1/256) of the usual is an outlier
};
Status check(const PrototypeParameters& parameters);

/// Distance of two examples: least sum of |difference| along a path through both (dynamic time
/// warping, Sakoe and Chiba 1978, steps of one) that never leaves `band` points around the
/// diagonal; divided by the path's least length, so per point. `row`: 2 x (points + 1) values of
/// scratch.
uint32_t warped_distance(const int8_t* a, const int8_t* b, uint32_t points, uint32_t width,
                         uint32_t band, uint32_t* row);

/// Learns new classes from 3 to 10 examples each and tells which one a frame is, or none: nearest
/// example, whose distance must be within what the class's own examples have shown. Frames are
/// int8, from frozen features (StrokeFrames, or a network's last layer). Integer and deterministic;
/// bounded: at most classes x per_class comparisons a frame.
class Prototypes {
  public:
    static constexpr uint32_t kLeastExamples = 3;  ///< of a class before it is recognised

    enum class Taught : uint8_t {
        kept,       ///< stored
        outlier,    ///< refused: unlike the class's other examples
        ambiguous,  ///< refused: nearer to another class
        full,       ///< refused: the class has per_class examples
    };
    struct Match {
        bool found = false;     ///< false: nothing taught is near enough
        uint16_t label = 0;     ///< class
        uint16_t score = 0;     ///< permille: 1000 at distance 0, 500 at the class's limit
        uint32_t distance = 0;  ///< to the nearest example
    };

    static uint32_t state_bytes(const PrototypeParameters& parameters);
    static uint32_t scratch_bytes(const PrototypeParameters& parameters);

    /// `parameters` must pass check(); `state`: state_bytes(), 4-byte aligned, the caller's.
    /// Begins with no examples: the factory state.
    void start(const PrototypeParameters& parameters, std::span<uint8_t> state);

    /// `example`: points x width values. `label` below classes, else outlier.
    Taught teach(uint16_t label, std::span<const int8_t> example, std::span<uint8_t> scratch);
    /// Takes back what was taught of one class, or all (back to the factory state).
    void forget(uint16_t label);
    void forget_all();

    Match match(std::span<const int8_t> frame, std::span<uint8_t> scratch) const;

    uint16_t examples(uint16_t label) const;

    /// As start(), but with what was learned before: `state` holds the bytes that it held then.
    /// False, and nothing learned, where they cannot be such.
    bool resume(const PrototypeParameters& parameters, std::span<uint8_t> state);

  private:
    uint32_t values() const { return uint32_t{parameters_.points} * parameters_.width; }
    const int8_t* example_at(uint32_t label, uint32_t index) const;
    uint32_t nearest(uint32_t label, const int8_t* frame, uint32_t skip, uint32_t* row) const;
    void measure(uint32_t label, uint32_t* row);

    PrototypeParameters parameters_{};
    std::span<uint8_t> state_;  // counts (16 bytes), then examples
    uint32_t spread_[16] = {};  // of a class: mean distance of its examples to their nearest
};

}  // namespace ganglion
