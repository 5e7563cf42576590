#include "device/learn/series_guard.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ganglion {
namespace {

constexpr uint32_t kMemory = 1024;  // sums over which their mean is taken
constexpr uint32_t kFewSums = 100;  // before that, the mean is not yet known
constexpr uint32_t kLongestRun = 1000;
constexpr uint32_t kBothWays = 8;  // readings below zero after which they belong to this series
constexpr uint32_t kOutlier = 4;   // mean sums beyond which one pulls no harder

uint16_t permille(uint32_t score_q8, uint32_t threshold_q8) {
    return static_cast<uint16_t>(std::min<uint64_t>(1000, uint64_t{score_q8} * 500 / threshold_q8));
}

}  // namespace

Status SeriesGuardParameters::check() const {
    const bool good = sudden.valid() && sustained.valid() && least_value < most_value &&
                      least_value != kMissing && window >= 1 && window <= most_window &&
                      stuck_slots >= 2 && stuck_slots <= kLongestRun;
    return good ? seasonal.check() : Status::bad_value;
}

uint32_t SeriesGuard::state_bytes(const SeriesGuardParameters& parameters) {
    static_assert(sizeof(Own) % 8 == 0);
    return static_cast<uint32_t>(sizeof(Own)) + SeasonalForecast::state_bytes(parameters.seasonal);
}

void SeriesGuard::start(const SeriesGuardParameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    own_ = reinterpret_cast<Own*>(state.data());
    *own_ = Own{};
    own_->sudden = AlertBudget::fresh(parameters.sudden);
    own_->sustained = AlertBudget::fresh(parameters.sustained);
    own_->last = kMissing;
    forecast_.start(parameters.seasonal, state.subspan(sizeof(Own)));
}

Status SeriesGuard::resume(const SeriesGuardParameters& parameters, std::span<uint8_t> state) {
    parameters_ = parameters;
    own_ = reinterpret_cast<Own*>(state.data());
    constexpr int32_t largest_error = 1 << 17;
    const bool good = AlertBudget::good(parameters.sudden, own_->sudden) &&
                      AlertBudget::good(parameters.sustained, own_->sustained) &&
                      own_->next < parameters.window && own_->longest_run <= kLongestRun &&
                      own_->negatives <= kBothWays && own_->reserved == 0 &&
                      std::all_of(own_->errors.begin(), own_->errors.end(), [](int32_t error) {
                          return error > -largest_error && error < largest_error;
                      });
    const Status status = good ? forecast_.resume(parameters.seasonal, state.subspan(sizeof(Own)))
                               : Status::bad_value;
    if (status != Status::ok) start(parameters, state);
    return status;
}

// True while the value has stood still for longer than it ever did when it was well.
bool SeriesGuard::stuck(int16_t value) {
    Own& own = *own_;
    if (value == kMissing) return false;
    const uint32_t usual =
        std::max<uint32_t>(parameters_.stuck_slots, own.longest_run * 3U / 2 + 1);
    if (value != own.last) {
        const bool belonged = own.run < usual || !forecast_.ready();
        if (belonged) own.longest_run = std::max(own.longest_run, own.run);
        own.run = 0;
        own.last = value;
    }
    own.run = static_cast<uint16_t>(std::min<uint32_t>(own.run + 1U, kLongestRun));
    return forecast_.ready() && own.run >= usual;
}

// True where the series has so far gone one way only and the value is clearly below zero: a meter
// that was connected the wrong way round.
bool SeriesGuard::reversed(int16_t value) {
    if (value >= 0 || value == kMissing || own_->negatives >= kBothWays) return false;
    const bool clearly = forecast_.ready() && -value > forecast_.expected_error(1);
    if (!clearly) ++own_->negatives;
    return clearly;
}

uint32_t SeriesGuard::sustained_score_q8(const SeasonalForecast::Outcome& outcome, int16_t value) {
    Own& own = *own_;
    own.errors[own.next] = outcome.judged ? value - outcome.day_ahead : 0;
    own.next = static_cast<uint16_t>((own.next + 1) % parameters_.window);
    if (!outcome.judged) return 0;
    int32_t sum = 0;
    for (const int32_t error : own.errors) sum += error;
    const uint64_t distance_q8 = static_cast<uint64_t>(std::abs(sum)) * 256;
    const uint64_t mean_q8 = std::max<uint64_t>(
        own.mean_sum_q8, uint64_t{parameters_.seasonal.least_deviation} * parameters_.window * 256);
    const bool known = own.sums >= kFewSums;
    if (!outcome.refused) {
        const uint64_t pull = known ? std::min(distance_q8, mean_q8 * kOutlier) : distance_q8;
        own.sums = std::min(own.sums + 1, kMemory);
        const int64_t distance = static_cast<int64_t>(pull) - int64_t{own.mean_sum_q8};
        own.mean_sum_q8 = static_cast<uint32_t>(own.mean_sum_q8 + distance / int64_t{own.sums});
    }
    return known
               ? static_cast<uint32_t>(std::min<uint64_t>(distance_q8 * 256 / mean_q8, UINT32_MAX))
               : 0;
}

SeriesGuard::Judgement SeriesGuard::push(uint32_t slot, int16_t value) {
    Judgement judgement;
    const bool outside =
        value != kMissing && (value < parameters_.least_value || value > parameters_.most_value);
    const bool implausible = outside || reversed(value);
    const bool standing = stuck(value);
    const bool flawed = implausible || standing;
    judgement.outcome = forecast_.push(slot, flawed ? kMissing : value);
    const uint32_t sum_q8 = sustained_score_q8(judgement.outcome, value);
    if (flawed) {
        judgement.verdict = implausible ? Verdict::implausible : Verdict::stuck;
        judgement.score_permille = 1000;
        return judgement;
    }
    if (!judgement.outcome.judged) return judgement;
    const uint32_t error_q8 = static_cast<uint32_t>(std::abs(judgement.outcome.error_q4)) * 16;
    const uint32_t sudden_q8 = sudden_threshold_q8();
    const uint32_t sustained_q8 = sustained_threshold_q8();
    const bool sustained = AlertBudget::judge(parameters_.sustained, own_->sustained, sum_q8);
    const bool sudden = AlertBudget::judge(parameters_.sudden, own_->sudden, error_q8);
    judgement.score_permille =
        std::max(permille(error_q8, sudden_q8), permille(sum_q8, sustained_q8));
    if (sudden) {
        judgement.verdict = Verdict::sudden;
    } else if (sustained) {
        judgement.verdict = Verdict::sustained;
    }
    return judgement;
}

}  // namespace ganglion
