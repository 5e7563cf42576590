#pragma once

#include <cstdint>
#include <span>

#include "device/core/status.hpp"

namespace ganglion {

/// How a Routine learns (little-endian, no padding); check() before use.
struct RoutineParameters {
    static constexpr uint32_t most_actions = 16;

    uint16_t events;               ///< kinds of events that may be cues, 1..256; others are ignored
    uint16_t actions;              ///< the first so many are what is anticipated, 1..16
    uint16_t window_minutes;       ///< an anticipated action comes within it, 5..120
    uint16_t least_cues;           ///< times a cue was seen before it counts, 1..100
    uint16_t confidence_permille;  ///< share of a cue's times that the action followed, 1..1000
    uint16_t habit_permille;       ///< share of days with the action around this time, 0..1000
    uint16_t habit_minutes;        ///< "around": so far before or after, 15..180
    uint16_t learn_days;           ///< before it judges, 1..60
    uint16_t wrong_step_permille;  ///< each wrong anticipation asks for so much more confidence
    uint16_t wrong_per_day_q8;     ///< so many wrong ones a day leave the confidence where it is

    Status check() const;
};
static_assert(sizeof(RoutineParameters) == 20);

/// Learns the routines of whoever lives with the device: which of a few actions follow which events
/// (and which times of day) within `window_minutes`, and at which times of day an action is a
/// habit. It anticipates an action where both say so. Counts only, one byte each, halved when full,
/// so that what is long ago fades; nothing of a single day can be read from them. Each wrong
/// anticipation makes it more careful, each day a little bolder, so that it settles at the wrong
/// ones a day that were asked for. Integers only; all state is plain data in the caller's memory.
class Routine {
  public:
    static uint32_t state_bytes(const RoutineParameters& parameters);
    /// Factory state. `parameters` passed check(); `state`: state_bytes(), 8-byte aligned.
    void start(const RoutineParameters& parameters, std::span<uint8_t> state);
    /// Goes on from bytes in `state`. bad_value, and the factory state, where they are none.
    Status resume(const RoutineParameters& parameters, std::span<uint8_t> state);

    /// Something happened, or only time has passed (`event` negative). `minute` of the week,
    /// 0..10079, local time; earlier than the last: of the next week. Returns the actions that are
    /// anticipated from now on, one bit each: those still awaited, and new ones.
    uint32_t push(uint32_t minute, int32_t event);
    /// Those that push() has just added.
    uint32_t added() const { return added_; }

    uint32_t days() const { return header_->days; }
    /// Confidence that is asked for now, permille.
    uint32_t confidence() const { return header_->confidence_q8 >> 8; }

  private:
    static constexpr uint32_t kOpen = 96;   // cues whose window is still open
    static constexpr uint32_t kParts = 4;   // of the day
    static constexpr uint32_t kTicks = 48;  // half hours
    struct Open {
        uint32_t minute;
        uint16_t cue;
        uint16_t followed;  // actions since, one bit each
    };
    struct Header {
        uint32_t minute;  // since the first push
        uint32_t week_minute;
        uint32_t confidence_q8;
        uint16_t days;
        uint16_t open_first;
        uint16_t open_count;
        uint16_t awaited;  // one bit each
        uint32_t started;
        Open open[kOpen];
        uint32_t announced[RoutineParameters::most_actions];  // minute
        uint32_t last[RoutineParameters::most_actions];       // minute + 1; 0: never
        uint64_t today[RoutineParameters::most_actions];      // half hours around its starts
    };

    void bind(const RoutineParameters& parameters, std::span<uint8_t> state);
    uint32_t cues() const { return parameters_.events * kParts + kTicks; }
    uint8_t* counts(uint32_t cue) { return counts_ + cue * (parameters_.actions + 1U); }
    void to_minute(uint32_t minute);
    void new_day();
    void expire();
    void close(const Open& open);
    void happened(uint32_t action);
    uint32_t anticipate(uint32_t cue, int32_t event);
    void open(uint32_t cue);
    bool is_habit(uint32_t action) const;

    RoutineParameters parameters_{};
    Header* header_ = nullptr;
    uint8_t* counts_ = nullptr;  // [cues][1 + actions]: times, and times followed
    uint8_t* habits_ = nullptr;  // [actions][half hours]: days
    uint32_t added_ = 0;
};

}  // namespace ganglion
