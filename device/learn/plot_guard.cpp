#include "device/learn/plot_guard.hpp"

#include <algorithm>
#include <cstdlib>

#include "device/features/integer_log2.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kLongestRun = 1000;
constexpr int32_t kLeak = 12;          // an envelope comes in by 1/4096 a slot: months
constexpr int32_t kMotion = 7;         // mean change over about five days of hours
constexpr uint32_t kPatienceDays = 2;  // a failed level that lasts so long is believed
constexpr int32_t kStepMotions = 5;    // changes of a usual slot that make a wetting
constexpr int32_t kFalls = 3;          // no soil dries so many times faster than ever before
constexpr uint16_t kTrembles = 6;

uint16_t permille(int64_t value) {
    return static_cast<uint16_t>(std::clamp<int64_t>(value, 0, 1000));
}

}  // namespace

Status PlotParameters::check() const {
    const bool good = day >= 1 && day <= RecessionForecast::most_day && equal_error >= 1 &&
                      least_value < most_value && least_value != kMissing && least_step >= 1 &&
                      least_step <= INT16_MAX && stuck_slots >= 2 && stuck_slots <= kLongestRun &&
                      dryness_permille >= 1 && dryness_permille <= 999 && learn_days >= 1 &&
                      learn_days <= 60;
    return good ? Status::ok : Status::bad_value;
}

uint32_t PlotGuard::state_bytes(const PlotParameters& parameters) {
    static_assert(sizeof(Own) % 8 == 0);
    return static_cast<uint32_t>(sizeof(Own)) +
           RecessionForecast::state_bytes({parameters.day, parameters.equal_error});
}

void PlotGuard::start(const PlotParameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    own_ = reinterpret_cast<Own*>(state.data());
    *own_ = Own{};
    own_->last = kMissing;
    own_->last_good = kMissing;
    forecast_.start({parameters.day, parameters.equal_error}, state.subspan(sizeof(Own)));
}

Status PlotGuard::resume(const PlotParameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    own_ = reinterpret_cast<Own*>(state.data());
    constexpr int32_t widest = INT16_MAX * 256;
    const bool good = own_->slot < 7U * parameters.day && own_->low_q8 >= -widest &&
                      own_->low_q8 <= own_->high_q8 && own_->high_q8 <= widest &&
                      own_->motion_q8 <= 2U * widest && own_->longest_run <= kLongestRun &&
                      own_->run <= kLongestRun && own_->primed <= 1 && own_->weather.days <= 2;
    const Status status = good ? forecast_.resume({parameters.day, parameters.equal_error},
                                                  state.subspan(sizeof(Own)))
                               : Status::bad_value;
    if (status != Status::ok) start(parameters, state);
    return status;
}

uint32_t PlotGuard::share(std::span<int16_t> shared) const {
    const uint32_t kept[kSharedNumbers] = {own_->fall, own_->motion_q8, own_->longest_run};
    if (!ready() || shared.size() < std::size(kept)) return 0;
    for (size_t i = 0; i < std::size(kept); ++i)
        shared[i] = static_cast<int16_t>(log2_q8(kept[i] + 1U));
    return static_cast<uint32_t>(std::size(kept));
}

bool PlotGuard::prime(std::span<const int16_t> prior) {
    Own& own = *own_;
    if (ready() || own.primed != 0 || prior.size() != kSharedNumbers) return false;
    if (std::any_of(prior.begin(), prior.end(), [](int16_t log) { return log < 0; })) return false;
    // As if it had been there from the start: an extreme is the larger of the two, of the mean it
    // is what has not faded yet.
    const auto fall = static_cast<uint16_t>(std::min<uint32_t>(exp2_q8(prior[0]) - 1U, INT16_MAX));
    const auto run = static_cast<uint16_t>(std::min<uint32_t>(exp2_q8(prior[2]) - 1U, kLongestRun));
    uint32_t motion_q8 = exp2_q8(prior[1]) - 1U;
    for (uint32_t slot = 0; slot < own.seen; ++slot) motion_q8 -= motion_q8 >> kMotion;
    own.fall = std::max(own.fall, fall);
    own.longest_run = std::max(own.longest_run, run);
    own.motion_q8 += motion_q8;
    own.primed = 1;
    return true;
}

int32_t PlotGuard::dry_line() const {
    const int64_t range = int64_t{own_->high_q8} - own_->low_q8;
    return static_cast<int32_t>((own_->low_q8 + range * parameters_.dryness_permille / 1000) >> 8);
}

bool PlotGuard::stands_still(int16_t moisture) {
    Own& own = *own_;
    const uint32_t usual =
        std::max<uint32_t>(parameters_.stuck_slots, own.longest_run * 3U / 2 + 1);
    if (moisture != own.last) {
        if (own.run < usual || !ready()) own.longest_run = std::max(own.longest_run, own.run);
        own.run = 0;
    }
    own.run = static_cast<uint16_t>(std::min<uint32_t>(own.run + 1U, kLongestRun));
    return ready() && own.run >= usual;
}

// A loose contact jumps to and fro; rain only comes, and drains slowly.
bool PlotGuard::trembles(int16_t moisture) {
    Own& own = *own_;
    const int32_t change = own.last == kMissing ? 0 : moisture - own.last;
    const int32_t large =
        std::max<int32_t>(parameters_.least_step / 2, static_cast<int32_t>(own.motion_q8 >> 8) * 6);
    const bool turned = (change > large && own.last_change < -large) ||
                        (change < -large && own.last_change > large);
    own.tremble = static_cast<uint16_t>(turned             ? std::min(own.tremble + 2, 16)
                                        : own.tremble != 0 ? own.tremble - 1
                                                           : 0);
    own.last_change = static_cast<int16_t>(std::clamp<int32_t>(change, -INT16_MAX, INT16_MAX));
    return ready() && own.tremble >= kTrembles;
}

bool PlotGuard::failed(int16_t moisture) {
    Own& own = *own_;
    const bool still = stands_still(moisture);
    const bool trembling = trembles(moisture);
    own.last = moisture;
    if (moisture < parameters_.least_value || moisture > parameters_.most_value) return true;
    const int32_t limit = std::max<int32_t>(parameters_.least_step, own.fall * kFalls);
    const bool fell = ready() && own.last_good - moisture > limit;
    own.refused = fell ? static_cast<uint16_t>(std::min<uint32_t>(own.refused + 1U, UINT16_MAX))
                       : uint16_t{0};
    const bool believed = own.refused > kPatienceDays * parameters_.day;
    return still || trembling || (fell && !believed);
}

void PlotGuard::learn(int16_t moisture) {
    Own& own = *own_;
    const int32_t value_q8 = int32_t{moisture} * 256;
    if (own.last_good == kMissing) {
        own.low_q8 = value_q8;
        own.high_q8 = value_q8;
    } else {
        const int32_t change = moisture - own.last_good;
        const auto size_q8 = static_cast<int32_t>(std::abs(change)) * 256;
        const auto motion = static_cast<int32_t>(own.motion_q8);
        own.motion_q8 = static_cast<uint32_t>(motion + ((size_q8 - motion) >> kMotion));
        // A fall after a refused level tells nothing of how fast this soil dries.
        if (change < 0 && own.refused == 0) {
            own.fall = std::max(own.fall, static_cast<uint16_t>(-change));
        }
    }
    own.low_q8 = value_q8 < own.low_q8 ? value_q8 : own.low_q8 + ((value_q8 - own.low_q8) >> kLeak);
    own.high_q8 =
        value_q8 > own.high_q8 ? value_q8 : own.high_q8 - ((own.high_q8 - value_q8) >> kLeak);
    own.last_good = moisture;
    own.refused = 0;
}

uint16_t PlotGuard::dry_score() const {
    const int64_t range = (int64_t{own_->high_q8} - own_->low_q8) >> 8;
    if (range < parameters_.least_step) return 0;
    const int64_t above = int64_t{forecast_.forecast()} - dry_line();
    return permille(500 - above * (above > 0 ? 1000 : 2000) / range);
}

uint16_t PlotGuard::wetting_score() const {
    const uint32_t back = std::max(parameters_.day / 8U, 1U);
    const int16_t before = forecast_.value(back);
    if (before == kMissing) return 0;
    const int32_t rise = forecast_.value(0) - before;
    const int32_t step = std::max<int32_t>(
        parameters_.least_step, static_cast<int32_t>(own_->motion_q8 >> 8) * kStepMotions);
    return permille(int64_t{rise} * 500 / step);
}

void PlotGuard::advance(uint32_t slot, int16_t moisture, int16_t temperature, int16_t humidity,
                        Judgement& judgement) {
    Own& own = *own_;
    own.slot = static_cast<uint16_t>(slot);
    ++own.seen;
    judgement = {};
    const bool judged = ready();
    const bool bad = moisture != kMissing && failed(moisture);
    if (!bad && moisture != kMissing) learn(moisture);
    forecast_.push(bad ? kMissing : moisture);
    DiseaseWeather::push(parameters_.disease, own.weather,
                         static_cast<uint16_t>(slot % parameters_.day), temperature, humidity);
    if (DiseaseWeather::favourable(parameters_.disease, own.weather)) {
        judgement.disease = 1000;
    } else if (DiseaseWeather::half(own.weather)) {
        judgement.disease = 400;
    }
    if (!judged) return;
    judgement.failed = bad ? 1000 : 0;
    if (bad || own.last_good == kMissing) return;
    judgement.dry_ahead = dry_score();
    judgement.wetting = wetting_score();
}

bool PlotGuard::push(uint32_t slot, int16_t moisture, int16_t temperature, int16_t humidity,
                     Judgement& judgement) {
    const uint32_t week = 7U * parameters_.day;
    slot %= week;
    if (own_->seen != 0) {
        if (slot == own_->slot) return false;
        while ((own_->slot + 1U) % week != slot) {
            advance((own_->slot + 1U) % week, kMissing, kMissing, kMissing, judgement);
        }
    }
    advance(slot, moisture, temperature, humidity, judgement);
    return ready() || judgement.disease != 0;
}

}  // namespace ganglion
