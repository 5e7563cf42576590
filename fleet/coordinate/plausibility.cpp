#include "fleet/coordinate/plausibility.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::fleet::coordinate {
namespace {

constexpr double kSure = 0.95;                       ///< explained: named before the window is full
constexpr double kLeaves = 0.75, kTurnedLeaves = 2;  ///< of what the feeder leaves unexplained
constexpr double kLargestFactor = 6;  ///< nobody takes more than so many times what it says
constexpr double kSmallestFactor = 0.1;
constexpr double kTurned = 0.25;                         ///< a factor so near -1 is a turned sign
constexpr double kForecastErrs = 0.5, kLeastError = 60;  ///< of one place's slot: share; W

double root_mean_square(const double* values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += values[i] * values[i];
    return std::sqrt(sum / static_cast<double>(std::max<size_t>(count, 1)));
}

/// Least squares gap = b * x: the share of the squared gap that it explains.
struct Regression {
    double b = 0, explained = 0;
};
Regression regress(const double* gap, const double* x, size_t count) {
    double gx = 0;
    double xx = 0;
    double gg = 0;
    for (size_t i = 0; i < count; ++i) {
        gx += gap[i] * x[i];
        xx += x[i] * x[i];
        gg += gap[i] * gap[i];
    }
    if (xx <= 0 || gg <= 0) return {};
    return {gx / xx, gx * gx / (xx * gg)};
}

/// The mean of one of kMostParts equal parts of what was measured; not empty.
double mean_of_part(const std::vector<double>& measured, size_t part) {
    constexpr size_t parts = device::Summary::kMostParts;
    const size_t begin = part * measured.size() / parts;
    const size_t end = std::max(begin + 1, (part + 1) * measured.size() / parts);
    double sum = 0;
    for (size_t i = begin; i < end; ++i) sum += measured[i];
    return sum / static_cast<double>(end - begin);
}

}  // namespace

const char* to_string(Suspicion suspicion) {
    switch (suspicion) {
        case Suspicion::none:
            return "believed";
        case Suspicion::silent:
            return "silent";
        case Suspicion::stale:
            return "stale";
        case Suspicion::anomalous:
            return "anomalous by its own word";
        case Suspicion::stuck:
            return "its reading stands still";
        case Suspicion::impossible:
            return "beyond its connection";
        case Suspicion::reversed:
            return "its meter is connected the wrong way round";
        case Suspicion::lying:
            return "the feeder's sum contradicts it";
        case Suspicion::feeder:
            return "the feeder's sum is off and no device explains it";
    }
    return "unknown";
}

FeederWatch::FeederWatch(size_t devices, const WatchOptions& options)
    : options_(options), devices_(devices) {}

Suspicion FeederWatch::by_factor(double factor) {
    if (factor == 1) return Suspicion::none;
    return std::abs(factor + 1) < kTurned ? Suspicion::reversed : Suspicion::lying;
}

bool FeederWatch::comes_late(size_t device) {
    if (of(device) != Suspicion::silent) return false;
    devices_[device].suspicion = by_factor(devices_[device].factor);
    return true;
}

Suspicion FeederWatch::judge_alone(Device& device, const device::Summary& summary,
                                   uint32_t now_s) const {
    const bool again =
        device.known && summary.boot == device.boot && summary.sequence <= device.sequence;
    const uint32_t apart = std::max(now_s, summary.clock_s) - std::min(now_s, summary.clock_s);
    if (again || apart > options_.stale_s) return Suspicion::stale;
    for (uint32_t i = 0; i < summary.parts; ++i) {
        if (std::abs(double(summary.measured[i])) > options_.most_power)
            return Suspicion::impossible;
        device.equal_parts =
            device.known && summary.measured[i] == device.last ? device.equal_parts + 1 : 0;
        device.last = summary.measured[i];
        device.known = true;
    }
    if (device.equal_parts + 1 >= options_.stuck_parts) return Suspicion::stuck;
    return summary.anomaly != 0 ? Suspicion::anomalous : Suspicion::none;
}

// What the device says of the newest slot, or what was expected of it.
void FeederWatch::remember(Device& device, const device::Summary* summary) {
    std::rotate(device.reported.begin(), device.reported.begin() + kParts, device.reported.end());
    std::rotate(device.foreseen.begin(), device.foreseen.begin() + 1, device.foreseen.end());
    device.foreseen.back() = device.expected;
    const bool usable = summary != nullptr && device.suspicion != Suspicion::stuck &&
                        device.suspicion != Suspicion::impossible &&
                        device.suspicion != Suspicion::stale;
    for (size_t i = 0; i < kParts; ++i)
        device.reported[kWindow - kParts + i] =
            usable ? summary->measured[i * summary->parts / kParts] : device.expected;
    if (!usable) return;
    device.boot = summary->boot;
    device.sequence = summary->sequence;
    device.expected = summary->own_use();
    device.error = summary->error != 0 ? summary->error : std::abs(device.expected);
}

bool FeederWatch::is_off(const FeederSlot& slot) {
    std::rotate(gaps_.begin(), gaps_.begin() + kParts, gaps_.end());
    std::rotate(sums_.begin(), sums_.begin() + kParts, sums_.end());
    double guessed = 0;  // squared error of what was expected in place of a report
    for (size_t j = 0; j < devices_.size(); ++j) {
        const Device& device = devices_[j];
        const bool reports = slot.summaries[j] != nullptr && device.suspicion != Suspicion::stuck &&
                             device.suspicion != Suspicion::impossible &&
                             device.suspicion != Suspicion::stale;
        if (!reports) guessed += device.error * device.error + device.expected * device.expected;
    }
    double noise = 0;
    double mean_gap = 0;
    for (size_t i = kWindow - kParts; i < kWindow; ++i) {
        const size_t part = i - (kWindow - kParts);
        sums_[i] = mean_of_part(slot.measured, part);
        double reported = 0;
        for (const Device& device : devices_) reported += device.reported[i] * device.factor;
        gaps_[i] = sums_[i] - reported;
        mean_gap += gaps_[i] / kParts;
        const double own = std::max(options_.least_noise, options_.noise * std::abs(sums_[i]));
        noise += (own * own + guessed) / kParts;
    }
    gap_ = mean_gap;
    noise_ = noise;
    return root_mean_square(gaps_.data() + kWindow - kParts, kParts) >
           options_.deviations * std::sqrt(noise);
}

FeederWatch::Culprit FeederWatch::best_culprit(size_t parts) const {
    Culprit best;
    double likeliest = 0;
    const double* gaps = gaps_.data() + kWindow - parts;
    double square = 0;
    for (size_t i = 0; i < parts; ++i) square += gaps[i] * gaps[i];
    for (size_t j = 0; j < devices_.size(); ++j) {
        const Device& device = devices_[j];
        if (device.factor != 1 || device.suspicion == Suspicion::silent) continue;
        const auto fit = regress(gaps, device.reported.data() + kWindow - parts, parts);
        const double factor = 1 + fit.b;
        const bool turned = std::abs(factor + 1) < kTurned;
        const bool possible = turned || (factor > kSmallestFactor && factor < kLargestFactor);
        if (!possible) continue;
        const double likely =
            fit.explained * square / (2 * noise_) - unlikely(device, factor, parts);
        if (likely > likeliest) {
            likeliest = likely;
            best = {j, factor, fit.explained};
        }
    }
    return best;
}

// How much less its corrected report is what it was forecast to take than what it said, as the
// logarithm of the likelihood.
double FeederWatch::unlikely(const Device& device, double factor, size_t parts) const {
    double sum = 0;
    for (size_t slot = kSlots - parts / kParts; slot < kSlots; ++slot) {
        double reported = 0;
        for (size_t i = slot * kParts; i < (slot + 1) * kParts; ++i)
            reported += device.reported[i] / kParts;
        const double foreseen = device.foreseen[slot];
        const double error =
            std::max({device.error, kForecastErrs * std::abs(foreseen), kLeastError});
        const double corrected = reported * factor - foreseen;
        const double said = reported - foreseen;
        sum += (corrected * corrected - said * said) / (2 * error * error);
    }
    return sum;
}

// As one that is off by a constant (a line to earth, a user without a meter) or in proportion.
double FeederWatch::explained_by_feeder(size_t parts) const {
    std::array<double, kWindow> ones;
    ones.fill(1);
    const double* gaps = gaps_.data() + kWindow - parts;
    return std::max(regress(gaps, ones.data(), parts).explained,
                    regress(gaps, sums_.data() + kWindow - parts, parts).explained);
}

void FeederWatch::judge_sum() {
    off_slots_ = std::min<uint32_t>(off_slots_ + 1, kSlots);
    const size_t parts = off_slots_ * kParts;
    const Culprit culprit = best_culprit(parts);
    const bool turned = std::abs(culprit.factor + 1) < kTurned;
    const double by_feeder = explained_by_feeder(parts);
    // A home must leave less unexplained than the feeder as a whole would; one that is just turned
    // round has its factor against it already.
    const bool clear = 1 - culprit.explained < (turned ? kTurnedLeaves : kLeaves) * (1 - by_feeder);
    const bool last = off_slots_ == kSlots;
    if (clear && culprit.explained >= (last ? options_.explains : kSure) &&
        (last || off_slots_ >= 2)) {
        Device& device = devices_[culprit.device];
        device.suspicion = turned ? Suspicion::reversed : Suspicion::lying;
        device.factor = culprit.factor;
        device.good_slots = 0;
        explained_ = culprit.explained;
        off_slots_ = 0;
    } else if (last) {
        feeder_ = Suspicion::feeder;
        explained_ = by_feeder;
    }
}

// A culprit whose word fits again without a correction, slot after slot, is believed again.
// True where it does in this slot: the gap is then its correction's, and nobody else's fault.
bool FeederWatch::reconsider(Device& device) const {
    std::array<double, kParts> plain;
    for (size_t i = 0; i < kParts; ++i) {
        const size_t at = kWindow - kParts + i;
        plain[i] = gaps_[at] + device.reported[at] * (device.factor - 1);
    }
    const bool better = root_mean_square(plain.data(), kParts) <
                        root_mean_square(gaps_.data() + kWindow - kParts, kParts);
    device.good_slots = better ? device.good_slots + 1 : 0;
    if (device.good_slots >= options_.clear_slots) {
        device.factor = 1;
        device.suspicion = Suspicion::none;
    }
    return better;
}

void FeederWatch::take(const FeederSlot& slot) {
    for (size_t j = 0; j < devices_.size(); ++j) {
        Device& device = devices_[j];
        const device::Summary* summary = slot.summaries[j];
        const Suspicion alone =
            summary == nullptr ? Suspicion::silent : judge_alone(device, *summary, slot.now_s);
        // A culprit stays one until its sum fits again.
        const bool culprit = device.factor != 1;
        if (!culprit || alone == Suspicion::silent) device.suspicion = alone;
        if (culprit && alone != Suspicion::silent) device.suspicion = by_factor(device.factor);
        remember(device, summary);
    }
    if (slot.measured.empty()) return;  // the feeder's own meter is silent: nothing to compare with
    const bool off = is_off(slot);
    bool corrected = false;
    for (Device& device : devices_)
        if (device.factor != 1) corrected |= reconsider(device);
    if (off && !corrected) {
        judge_sum();
    } else {
        off_slots_ = 0;
        feeder_ = Suspicion::none;
    }
}

}  // namespace ganglion::fleet::coordinate
