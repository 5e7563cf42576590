#include "device/learn/seasonal_forecast.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ganglion {
namespace {

constexpr int32_t kQ14 = 1 << 14;
constexpr int64_t kLargestWeight = 2 * kQ14 - 1;
constexpr int32_t kErrorShift = 5;  // errors by time of day: means over about a month of days
constexpr int32_t kPowerShift = 7;
constexpr int64_t kWidest = INT16_MAX * int64_t{16};  // Q4
constexpr int64_t kLargestError = 2 * kWidest;
constexpr uint32_t kHalfKnown = 3;  // slots after which half of what the present tells is gone
constexpr int32_t kErrorClip = 2;   // mean errors beyond which a single slot pulls no harder

int64_t rounded_shift(int64_t value, int32_t shift) {
    return (value + (int64_t{1} << (shift - 1))) >> shift;
}

int32_t to_q4(int16_t value) {
    return int32_t{value} * 16;
}

int16_t to_value(int32_t value_q4) {
    return static_cast<int16_t>(
        std::clamp<int64_t>(rounded_shift(value_q4, 4), -INT16_MAX, INT16_MAX));
}

// Plain mean of the first values, then exponential.
void follow(uint32_t& mean_q8, uint64_t value_q8, uint32_t count, int32_t shift) {
    const int64_t distance = static_cast<int64_t>(value_q8) - int64_t{mean_q8};
    const int64_t step = count >> shift == 0 ? distance / (int64_t{count} + 1) : distance >> shift;
    mean_q8 = static_cast<uint32_t>(int64_t{mean_q8} + step);
}

}  // namespace

Status SeasonalParameters::check() const {
    const bool shape =
        day >= 1 && day <= 24 && slots >= 3 * day && slots % day == 0 && slots <= 336;
    const bool rates = profile_shift >= 1 && profile_shift <= 8 && rate_q10 < 1024 && reserved == 0;
    const bool limits = least_deviation >= 1 && clip_q4 >= 16 && patience >= 1 && patience <= 500;
    const bool weights = correction_q14 >= 0 && correction_q14 <= kQ14 &&
                         std::all_of(weights_q14.begin(), weights_q14.end(), [](int16_t weight) {
                             return std::abs(int32_t{weight}) <= kLargestWeight;
                         });
    return shape && rates && limits && weights ? Status::ok : Status::bad_value;
}

uint32_t SeasonalForecast::state_bytes(const SeasonalParameters& parameters) {
    const uint32_t bytes = static_cast<uint32_t>(sizeof(Header)) + parameters.slots * 4U +
                           parameters.day * 12U + parameters.slots * 2U + parameters.day * 2U;
    return (bytes + 7U) / 8U * 8U;
}

void SeasonalForecast::bind(const SeasonalParameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    state_ = state.first(state_bytes(parameters));
    uint8_t* at = state_.data();
    const auto take = [&at](size_t bytes) {
        void* here = at;
        at += bytes;
        return here;
    };
    header_ = static_cast<Header*>(take(sizeof(Header)));
    profile_q8_ = static_cast<int32_t*>(take(parameters.slots * 4U));
    near_error_q8_ = static_cast<uint32_t*>(take(parameters.day * 4U));
    day_error_q8_ = static_cast<uint32_t*>(take(parameters.day * 4U));
    recent_error_q4_ = static_cast<int32_t*>(take(parameters.day * 4U));
    last_ = static_cast<int16_t*>(take(parameters.slots * 2U));
    correction_q14_ = static_cast<int16_t*>(take(parameters.day * 2U));
}

void SeasonalForecast::start(const SeasonalParameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    std::memset(state_.data(), 0, state_.size());
    for (uint32_t i = 0; i < SeasonalParameters::terms; ++i) {
        header_->weights_q14[i] = parameters.weights_q14[i];
    }
    int64_t share = parameters.correction_q14;
    for (uint32_t ahead = 0; ahead < parameters.day; ++ahead) {
        correction_q14_[ahead] = static_cast<int16_t>(share);
        share = share * parameters.correction_q14 / kQ14;
    }
}

Status SeasonalForecast::resume(const SeasonalParameters& parameters, std::span<uint8_t> state) {
    bind(parameters, state);
    bool good = header_->slot < parameters.slots && header_->refused < parameters.patience &&
                std::abs(int64_t{header_->refused_sum_q4}) <= header_->refused * kLargestError;
    for (const int32_t weight : header_->weights_q14) {
        good = good && weight >= -kLargestWeight && weight <= kLargestWeight;
    }
    for (uint32_t slot = 0; slot < parameters.slots; ++slot) {
        good = good && last_[slot] != kMissing && profile_q8_[slot] >= -INT16_MAX * 256 &&
               profile_q8_[slot] <= INT16_MAX * 256;
    }
    for (uint32_t i = 0; i < parameters.day; ++i) {
        good = good && near_error_q8_[i] <= kLargestError * 16 &&
               day_error_q8_[i] <= kLargestError * 16 &&
               std::abs(int64_t{recent_error_q4_[i]}) <= kLargestError;
    }
    if (good) return Status::ok;
    start(parameters, state);
    return Status::bad_value;
}

uint32_t SeasonalForecast::before(uint32_t slot, uint32_t steps) const {
    return slot >= steps ? slot - steps : slot + parameters_.slots - steps;
}

int32_t SeasonalForecast::profile_q4(uint32_t slot) const {
    return static_cast<int32_t>(rounded_shift(profile_q8_[slot], 4));
}

// How the slot's last value lies against its profile.
int32_t SeasonalForecast::deviation_q4(uint32_t slot) const {
    return to_q4(last_[slot]) - profile_q4(slot);
}

// What the forecast for `slot` made one day before reads.
SeasonalForecast::Terms SeasonalForecast::terms(uint32_t slot) const {
    const uint32_t day = parameters_.day;
    const uint32_t quarter = day >= 4 ? day / 4 : 1;
    int32_t whole = 0;
    int32_t part = 0;
    uint32_t at = before(slot, day);
    for (uint32_t i = 0; i < day; ++i) {
        const int32_t deviation = deviation_q4(at);
        whole += deviation;
        if (i < quarter) part += deviation;
        at = before(at, 1);
    }
    return {deviation_q4(before(slot, day)), deviation_q4(before(slot, 2 * day)),
            whole / std::max<int32_t>(static_cast<int32_t>(day), 1), deviation_q4(slot),
            part / std::max<int32_t>(static_cast<int32_t>(quarter), 1)};
}

int32_t SeasonalForecast::day_ahead_q4(uint32_t slot, const Terms& terms) const {
    int64_t sum = 0;
    for (uint32_t i = 0; i < SeasonalParameters::terms; ++i) {
        sum += int64_t{header_->weights_q14[i]} * terms[i];
    }
    const int64_t value = profile_q4(slot) + rounded_shift(sum, 14);
    return static_cast<int32_t>(std::clamp(value, -kWidest, kWidest));
}

int32_t SeasonalForecast::expected_q4(uint32_t slot, uint32_t ahead, int32_t day_ahead_q4) const {
    const int64_t error = recent_error_q4_[before(slot, ahead) % parameters_.day];
    const int64_t value = day_ahead_q4 + rounded_shift(error * correction_q14_[ahead - 1], 14);
    return static_cast<int32_t>(std::clamp(value, -kWidest, kWidest));
}

bool SeasonalForecast::ready() const {
    return header_->seen >= 2U * parameters_.slots;
}

int16_t SeasonalForecast::forecast(uint32_t ahead) const {
    const uint32_t slot = (header_->slot + ahead) % parameters_.slots;
    return to_value(expected_q4(slot, ahead, day_ahead_q4(slot, terms(slot))));
}

uint32_t SeasonalForecast::least_q8() const {
    return parameters_.least_deviation * 256U;
}

// Mean error of a forecast that has not seen the last `blind` slots: from that of one slot ahead to
// that of a day ahead.
uint32_t SeasonalForecast::error_scale_q8(uint32_t hour, uint32_t blind) const {
    const int64_t near = std::max(near_error_q8_[hour], least_q8());
    const int64_t far = std::max<int64_t>(day_error_q8_[hour], near);
    return static_cast<uint32_t>(near + (far - near) * blind / (int64_t{blind} + kHalfKnown));
}

uint16_t SeasonalForecast::expected_error(uint32_t ahead) const {
    const uint32_t hour = (header_->slot + ahead) % parameters_.day;
    const int64_t error = rounded_shift(error_scale_q8(hour, ahead - 1), 8);
    return static_cast<uint16_t>(std::min<int64_t>(error, UINT16_MAX));
}

SeasonalForecast::Outcome SeasonalForecast::push(uint32_t slot, int16_t value) {
    slot %= parameters_.slots;
    if (header_->seen != 0) {
        if (slot == header_->slot) return {};
        while ((header_->slot + 1) % parameters_.slots != slot) advance(kMissing);
    } else if (value == kMissing) {
        return {};
    } else {
        header_->slot = before(slot, 1);
    }
    return advance(value);
}

// The first season: its values are the profile, gaps take the value of the day before.
void SeasonalForecast::learn_first(uint32_t slot, int16_t value) {
    const uint32_t yesterday = header_->seen >= parameters_.day ? parameters_.day : 1U;
    if (value == kMissing) value = last_[before(slot, yesterday)];
    last_[slot] = value;
    profile_q8_[slot] = int32_t{value} * 256;
}

void SeasonalForecast::learn(uint32_t slot, const Terms& terms, int32_t base_q4, int32_t value_q4) {
    const uint32_t mean_q8 = std::max(day_error_q8_[slot % parameters_.day], least_q8());
    const int64_t limit = int64_t{mean_q8} / 16 * kErrorClip;
    const auto clipped = [limit](int64_t value) {
        return std::clamp<int64_t>(value, -limit, limit);
    };
    const int64_t error = clipped(value_q4 - base_q4);
    int64_t power = int64_t{header_->error_power} + 256;
    for (const int32_t term : terms) power += int64_t{term} * term;
    for (uint32_t i = 0; i < SeasonalParameters::terms; ++i) {
        const int64_t step = error * terms[i] * parameters_.rate_q10 * 16 / power;  // Q14
        header_->weights_q14[i] = static_cast<int32_t>(
            std::clamp<int64_t>(header_->weights_q14[i] + step, -kLargestWeight, kLargestWeight));
    }
    const uint32_t seasons = header_->seen / parameters_.slots;
    const int64_t distance = int64_t{value_q4} * 16 - profile_q8_[slot];
    const int64_t share = seasons >> parameters_.profile_shift == 0
                              ? distance / (int64_t{seasons} + 1)
                              : distance >> parameters_.profile_shift;
    profile_q8_[slot] = static_cast<int32_t>(profile_q8_[slot] + share);

    uint32_t earlier = slot;
    for (uint32_t ahead = 1; ahead <= parameters_.day; ++ahead) {
        earlier = before(earlier, 1);
        const int64_t inherited = recent_error_q4_[earlier % parameters_.day];
        const int64_t missed =
            clipped(value_q4 - base_q4 - rounded_shift(inherited * correction_q14_[ahead - 1], 14));
        const int64_t scale = int64_t{header_->error_power} + inherited * inherited + 256;
        const int64_t step = missed * inherited * parameters_.rate_q10 * 16 / scale;
        correction_q14_[ahead - 1] = static_cast<int16_t>(
            std::clamp<int64_t>(correction_q14_[ahead - 1] + step, -kQ14, kQ14));
    }
}

void SeasonalForecast::learn_errors(uint32_t hour, int64_t day_error_q4, int64_t near_error_q4,
                                    uint32_t blind) {
    const uint32_t seen = header_->seen - parameters_.slots;
    const uint32_t days = seen / parameters_.day;
    const int64_t power = std::min<int64_t>(day_error_q4 * day_error_q4, UINT32_MAX);
    follow(header_->error_power, static_cast<uint64_t>(power), seen, kPowerShift);
    follow(day_error_q8_[hour], static_cast<uint64_t>(std::abs(day_error_q4)) * 16, days,
           kErrorShift);
    if (blind != 0) return;
    follow(near_error_q8_[hour], static_cast<uint64_t>(std::abs(near_error_q4)) * 16, days,
           kErrorShift);
}

SeasonalForecast::Outcome SeasonalForecast::advance(int16_t value) {
    const uint32_t slot = (header_->slot + 1) % parameters_.slots;
    header_->slot = slot;
    Outcome outcome;
    if (header_->seen < parameters_.slots) {
        learn_first(slot, value);
        ++header_->seen;
        return outcome;
    }
    const uint32_t hour = slot % parameters_.day;
    const Terms read = terms(slot);
    const int32_t base_q4 = day_ahead_q4(slot, read);
    const int32_t expected = expected_q4(slot, 1, base_q4);
    outcome.expected = to_value(expected);
    outcome.day_ahead = to_value(base_q4);
    // What is not known leans to the profile: a forecast fed with itself alone must not run away.
    int32_t learned_q4 = expected - (expected - profile_q4(slot)) / 4;
    const uint32_t blind = header_->blind++;
    if (value != kMissing) {
        const int32_t value_q4 = to_q4(value);
        const int32_t day_error = value_q4 - base_q4;
        const int64_t near = error_scale_q8(hour, blind);
        const int64_t far = std::max<int64_t>(day_error_q8_[hour], least_q8());
        outcome.error_q4 = static_cast<int32_t>(int64_t{value_q4 - expected} * 256 / near);
        outcome.day_error_q4 = static_cast<int32_t>(int64_t{day_error} * 256 / far);
        outcome.judged = ready();
        outcome.refused = outcome.judged && std::abs(outcome.error_q4) > parameters_.clip_q4;
        if (outcome.refused) {
            // Not what it says, but that errors are larger here than believed: a shape that has
            // changed at one hour of the day only would else be refused for ever.
            const int64_t limit_q8 = near * parameters_.clip_q4 / 16;
            follow(near_error_q8_[hour], static_cast<uint64_t>(limit_q8), UINT32_MAX, kErrorShift);
            header_->refused_sum_q4 += day_error;
            if (++header_->refused == parameters_.patience) {
                move_level(header_->refused_sum_q4 / parameters_.patience);
                learned_q4 = value_q4;
            }
        } else {
            learned_q4 = value_q4;
            learn(slot, read, base_q4, value_q4);
            learn_errors(hour, day_error, value_q4 - expected, blind);
        }
        if (learned_q4 == value_q4) {
            header_->blind = 0;
            header_->refused = 0;
            header_->refused_sum_q4 = 0;
        }
    }
    recent_error_q4_[hour] = learned_q4 - base_q4;
    last_[slot] = to_value(learned_q4);
    ++header_->seen;
    return outcome;
}

// What has lasted is the new normal: the whole series moves there, its shape and its weights stay.
void SeasonalForecast::move_level(int32_t distance_q4) {
    for (uint32_t slot = 0; slot < parameters_.slots; ++slot) {
        profile_q8_[slot] = static_cast<int32_t>(std::clamp<int64_t>(
            profile_q8_[slot] + int64_t{distance_q4} * 16, -kWidest * 16, kWidest * 16));
        last_[slot] = to_value(static_cast<int32_t>(
            std::clamp<int64_t>(to_q4(last_[slot]) + distance_q4, -kWidest, kWidest)));
    }
    std::fill_n(recent_error_q4_, parameters_.day, 0);
}

}  // namespace ganglion
