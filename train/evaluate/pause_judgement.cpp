#include "train/evaluate/pause_judgement.hpp"

#include <algorithm>
#include <vector>

namespace ganglion::train {
namespace {

constexpr uint64_t kPauseMs = 3000;
constexpr uint64_t kToleranceMs = 150;

/// Intervals between beats of at least so long.
std::vector<SampleRange> intervals_of(const HeartRecord& record, uint64_t least_ms) {
    std::vector<SampleRange> intervals;
    for (size_t i = 1; i < record.beats.size(); ++i) {
        const SampleRange interval{record.beats[i - 1].sample, record.beats[i].sample};
        if ((interval.end - interval.begin) * 1000 >= least_ms * record.rate_hz)
            intervals.push_back(interval);
    }
    return intervals;
}

bool touches_flutter(const HeartRecord& record, const SampleRange& interval) {
    return std::ranges::any_of(record.flutter, [&](const SampleRange& range) {
        return interval.begin < range.end && interval.end >= range.begin;
    });
}

}  // namespace

std::vector<SampleRange> pauses_of(const HeartRecord& record) {
    auto pauses = intervals_of(record, kPauseMs);
    std::erase_if(pauses, [&](const SampleRange& pause) { return touches_flutter(record, pause); });
    return pauses;
}

void PauseScore::add(const PauseScore& other) {
    pauses += other.pauses;
    missed += other.missed;
    wrong += other.wrong;
    hours += other.hours;
}

PauseScore judge_pauses(const HeartRecord& record, std::span<const uint64_t> told) {
    const uint64_t tolerance = kToleranceMs * record.rate_hz / 1000;
    const auto lies_in = [&](uint64_t sample, const SampleRange& interval) {
        return sample + tolerance >= interval.begin && sample < interval.end;
    };
    PauseScore score;
    score.hours = static_cast<double>(record.samples.size()) / record.rate_hz / 3600;
    for (const SampleRange& pause : pauses_of(record)) {
        ++score.pauses;
        if (std::ranges::none_of(told, [&](uint64_t sample) { return lies_in(sample, pause); }))
            ++score.missed;
    }
    const auto excuses = intervals_of(record, kPauseMs - kToleranceMs);
    score.wrong = static_cast<uint64_t>(std::ranges::count_if(told, [&](uint64_t sample) {
        return std::ranges::none_of(
            excuses, [&](const SampleRange& interval) { return lies_in(sample, interval); });
    }));
    return score;
}

}  // namespace ganglion::train
