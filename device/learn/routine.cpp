#include "device/learn/routine.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion {
namespace {

constexpr uint32_t kWeek = 7 * 1440;
constexpr uint32_t kDay = 1440;
constexpr uint32_t kTick = 30;
constexpr uint16_t kMostDays = 60;  // then days and habits are halved
constexpr uint8_t kFull = 250;
constexpr uint32_t kLeastConfidence = 300;
constexpr uint32_t kMostConfidence = 950;

}  // namespace

Status RoutineParameters::check() const {
    const bool sizes = events >= 1 && events <= 256 && actions >= 1 && actions <= most_actions &&
                       actions <= events;
    const bool times = window_minutes >= 5 && window_minutes <= 120 && habit_minutes >= 15 &&
                       habit_minutes <= 180 && learn_days >= 1 && learn_days <= kMostDays / 2;
    const bool shares = confidence_permille >= kLeastConfidence &&
                        confidence_permille <= kMostConfidence && habit_permille <= 1000 &&
                        wrong_step_permille <= 1000 && least_cues >= 1 && least_cues <= 100;
    return sizes && times && shares ? Status::ok : Status::bad_value;
}

uint32_t Routine::state_bytes(const RoutineParameters& parameters) {
    const uint32_t cues = parameters.events * kParts + kTicks;
    const uint32_t bytes = static_cast<uint32_t>(sizeof(Header)) +
                           cues * (parameters.actions + 1U) + parameters.actions * kTicks;
    return (bytes + 7U) / 8U * 8U;
}

void Routine::bind(const RoutineParameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    header_ = reinterpret_cast<Header*>(state.data());
    counts_ = state.data() + sizeof(Header);
    habits_ = counts_ + cues() * (parameters.actions + 1U);
    added_ = 0;
}

void Routine::start(const RoutineParameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    std::memset(state.data(), 0, state_bytes(parameters));
    header_->confidence_q8 = parameters.confidence_permille * 256U;
}

Status Routine::resume(const RoutineParameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    const Header& header = *header_;
    bool good = header.week_minute < kWeek && header.days <= kMostDays && header.started <= 1 &&
                header.open_first < kOpen && header.open_count <= kOpen &&
                header.confidence_q8 >= kLeastConfidence * 256 &&
                header.confidence_q8 <= kMostConfidence * 256 &&
                (header.awaited >> parameters.actions) == 0;
    for (const Open& open : header.open) good = good && open.cue < cues();
    if (good) return Status::ok;
    start(parameters, state);
    return Status::bad_value;
}

// Half full counts keep their ratio; a cue that is common does not fill up for ever.
void Routine::close(const Open& open) {
    uint8_t* count = counts(open.cue);
    if (count[0] >= kFull) {
        for (uint32_t i = 0; i <= parameters_.actions; ++i) count[i] /= 2;
    }
    ++count[0];
    for (uint32_t action = 0; action < parameters_.actions; ++action) {
        if (open.followed >> action & 1U) ++count[1 + action];
    }
}

void Routine::expire() {
    Header& header = *header_;
    while (header.open_count != 0) {
        const Open& oldest = header.open[header.open_first];
        if (header.minute - oldest.minute <= parameters_.window_minutes) break;
        close(oldest);
        header.open_first = static_cast<uint16_t>((header.open_first + 1U) % kOpen);
        --header.open_count;
    }
    for (uint32_t action = 0; action < parameters_.actions; ++action) {
        const bool late = header.minute - header.announced[action] > parameters_.window_minutes;
        if ((header.awaited >> action & 1U) == 0 || !late) continue;
        header.awaited = static_cast<uint16_t>(header.awaited & ~(1U << action));
        header.confidence_q8 = std::min(
            header.confidence_q8 + parameters_.wrong_step_permille * 256U, kMostConfidence * 256);
    }
}

void Routine::new_day() {
    Header& header = *header_;
    for (uint32_t action = 0; action < parameters_.actions; ++action) {
        uint8_t* habit = habits_ + action * kTicks;
        for (uint32_t tick = 0; tick < kTicks; ++tick) {
            habit[tick] = static_cast<uint8_t>(habit[tick] + (header.today[action] >> tick & 1U));
            if (header.days + 1 >= kMostDays) habit[tick] /= 2;
        }
        header.today[action] = 0;
    }
    ++header.days;
    if (header.days >= kMostDays) header.days /= 2;
    const uint32_t fall = parameters_.wrong_step_permille * uint32_t{parameters_.wrong_per_day_q8};
    header.confidence_q8 = std::max(header.confidence_q8 - std::min(fall, header.confidence_q8),
                                    kLeastConfidence * 256);
}

void Routine::to_minute(uint32_t minute) {
    Header& header = *header_;
    if (header.started == 0) {
        header.started = 1;
        header.week_minute = minute;
        header.minute = 1;
        return;
    }
    uint32_t days = minute / kDay + (minute < header.week_minute ? 7U : 0U);
    for (days -= header.week_minute / kDay; days != 0; --days) new_day();
    header.minute += (minute + kWeek - header.week_minute) % kWeek;
    header.week_minute = minute;
}

void Routine::happened(uint32_t action) {
    Header& header = *header_;
    header.awaited = static_cast<uint16_t>(header.awaited & ~(1U << action));
    header.last[action] = header.minute + 1;
    for (uint32_t i = 0; i < header.open_count; ++i) {
        Open& open = header.open[(header.open_first + i) % kOpen];
        if (open.minute < header.minute) {
            open.followed = static_cast<uint16_t>(open.followed | 1U << action);
        }
    }
    // All half hours whose middle lies around this start.
    const uint32_t of_day = header.week_minute % kDay;
    for (uint32_t tick = 0; tick < kTicks; ++tick) {
        const uint32_t middle = tick * kTick + kTick / 2;
        const uint32_t apart = middle > of_day ? middle - of_day : of_day - middle;
        if (std::min(apart, kDay - apart) <= parameters_.habit_minutes) {
            header.today[action] |= uint64_t{1} << tick;
        }
    }
}

bool Routine::is_habit(uint32_t action) const {
    const uint32_t around = header_->week_minute % kDay + parameters_.window_minutes / 2U;
    const uint32_t days = habits_[action * kTicks + around / kTick % kTicks];
    return days * 1000U >= header_->days * uint32_t{parameters_.habit_permille};
}

uint32_t Routine::anticipate(uint32_t cue, int32_t event) {
    Header& header = *header_;
    const uint8_t* count = counts(cue);
    if (header.days < parameters_.learn_days || count[0] < parameters_.least_cues) return 0;
    uint32_t found = 0;
    for (uint32_t action = 0; action < parameters_.actions; ++action) {
        if (static_cast<int32_t>(action) == event || (header.awaited >> action & 1U)) continue;
        // One more time without it: of few times not too much is made.
        if (count[1 + action] * 1000U * 256U < (count[0] + 1U) * header.confidence_q8) continue;
        const uint32_t last = header.last[action];
        if (last != 0 && header.minute + 1 - last < parameters_.window_minutes) continue;
        if (!is_habit(action)) continue;
        found |= 1U << action;
        header.announced[action] = header.minute;
    }
    header.awaited = static_cast<uint16_t>(header.awaited | found);
    return found;
}

void Routine::open(uint32_t cue) {
    Header& header = *header_;
    if (header.open_count == kOpen) {  // a busy half hour: the oldest is closed early
        close(header.open[header.open_first]);
        header.open_first = static_cast<uint16_t>((header.open_first + 1U) % kOpen);
        --header.open_count;
    }
    header.open[(header.open_first + header.open_count) % kOpen] = {header.minute,
                                                                    static_cast<uint16_t>(cue), 0};
    ++header.open_count;
}

uint32_t Routine::push(uint32_t minute, int32_t event) {
    minute %= kWeek;
    const bool known = event >= 0 && event < static_cast<int32_t>(parameters_.events);
    const uint32_t tick_before = header_->week_minute / kTick;
    const bool first = header_->started == 0;
    to_minute(minute);
    expire();
    added_ = 0;
    if (known && event < static_cast<int32_t>(parameters_.actions)) {
        happened(static_cast<uint32_t>(event));
    }
    if (first || minute / kTick != tick_before) {
        const uint32_t cue = parameters_.events * kParts + minute % kDay / kTick;
        added_ |= anticipate(cue, event);
        open(cue);
    }
    if (known) {
        const uint32_t cue = static_cast<uint32_t>(event) * kParts + minute % kDay * kParts / kDay;
        added_ |= anticipate(cue, event);
        open(cue);
    }
    return header_->awaited;
}

}  // namespace ganglion
