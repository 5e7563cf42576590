#include "train/fit/label_thresholds.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace ganglion::train {
namespace {

constexpr uint16_t kLowest = 300;
constexpr uint16_t kHighest = 990;
constexpr uint16_t kStep = 10;
/// With fewer firings expected, none at all would still not show the rate (95 %).
constexpr double kTellable = 3;

double f1_of(const LabelPoint& point) {
    const auto all = static_cast<double>(point.stretches + point.found + point.false_firings);
    return all == 0 ? 0 : 2 * static_cast<double>(point.found) / all;
}

using PointAt = std::function<LabelPoint(uint16_t)>;

/// The lowest threshold with `allowed` false firings, or that with the fewest.
uint16_t within(const PointAt& at, double allowed) {
    uint64_t fewest = UINT64_MAX;
    uint16_t chosen = kLowest;
    for (uint16_t t = kLowest; t <= kHighest; t = static_cast<uint16_t>(t + kStep)) {
        const auto point = at(t);
        if (point.false_firings < fewest) {
            fewest = point.false_firings;
            chosen = t;
        }
        if (static_cast<double>(point.false_firings) <= allowed) return t;
    }
    return chosen;
}

/// The middle of the thresholds with the best F1.
uint16_t most_found(const PointAt& at) {
    double best = -1;
    uint16_t lowest = kLowest;
    uint16_t highest = kLowest;
    for (uint16_t t = kLowest; t <= kHighest; t = static_cast<uint16_t>(t + kStep)) {
        const double f1 = f1_of(at(t));
        if (f1 > best) {
            best = f1;
            lowest = t;
        }
        if (f1 >= best) highest = t;
    }
    return static_cast<uint16_t>((lowest + highest) / (2 * kStep) * kStep);
}

/// The highest threshold at which no more than this share is missed; the lowest where none does.
uint16_t with_few_missed(const PointAt& at, double missed) {
    uint16_t chosen = kLowest;
    for (uint16_t t = kLowest; t <= kHighest; t = static_cast<uint16_t>(t + kStep)) {
        const auto point = at(t);
        const auto most = missed * static_cast<double>(point.stretches);
        if (static_cast<double>(point.stretches - point.found) <= most) chosen = t;
    }
    return chosen;
}

}  // namespace

bool never_fires(std::string_view label) {
    static constexpr std::array<std::string_view, 7> quiet{
        "silence", "nothing", "other", "unknown", "normal", "background", "noise"};
    return std::find(quiet.begin(), quiet.end(), label) != quiet.end();
}

LabelPoint judge_label(const DecisionParameters& parameters, uint64_t gap_samples, uint64_t late,
                       const std::vector<ScoredRecording>& scored, uint16_t label,
                       uint16_t threshold) {
    DecisionParameters alone = parameters;
    for (size_t i = 0; i < kMaximumOutputs; ++i) {
        alone.thresholds[i] = i == label ? threshold : 0;
        alone.releases[i] = i == label ? std::min(parameters.releases[i], threshold) : 0;
    }
    std::vector<uint32_t> memory(Decider::state_bytes(alone) / 4 + 1);
    LabelPoint point;
    for (const auto& run : scored) {
        Decider decider;
        std::fill(memory.begin(), memory.end(), 0U);
        decider.start(alone, gap_samples,
                      {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 4});
        const auto& stretches = run.recording->stretches;
        std::vector<bool> found(stretches.size(), false);
        for (size_t i = 0; i < run.samples.size(); ++i) {
            const Decision decision = decider.decide(run.samples[i], run.scores[i]);
            if (!decision.fired) continue;
            const auto at = std::find_if(stretches.begin(), stretches.end(), [&](const Stretch& s) {
                return s.label == label && decision.sample >= s.begin &&
                       decision.sample < s.end + late;
            });
            if (at == stretches.end()) {
                ++point.false_firings;
            } else {
                found[static_cast<size_t>(at - stretches.begin())] = true;
            }
        }
        for (size_t s = 0; s < stretches.size(); ++s) {
            if (stretches[s].label != label) continue;
            ++point.stretches;
            point.found += found[s] ? 1 : 0;
        }
    }
    return point;
}

std::vector<uint32_t> choose_label_thresholds(const DecisionParameters& parameters,
                                              uint64_t gap_samples, uint64_t late,
                                              const std::vector<ScoredRecording>& scored,
                                              const std::vector<std::string>& labels,
                                              const ThresholdGoals& goals) {
    std::vector<uint32_t> thresholds(labels.size(), 0);
    const auto count = static_cast<uint16_t>(labels.size());
    for (uint16_t label = 0; label < count; ++label) {
        if (never_fires(labels[label])) continue;
        const auto at = [&](uint16_t threshold) {
            return judge_label(parameters, gap_samples, late, scored, label, threshold);
        };
        const double allowed = goals.per_hour * goals.hours;
        const auto missed = goals.missed.find(labels[label]);
        if (allowed >= kTellable) {
            thresholds[label] = within(at, allowed);
        } else if (missed != goals.missed.end()) {
            thresholds[label] = with_few_missed(at, missed->second);
        } else {
            thresholds[label] = most_found(at);
        }
    }
    return thresholds;
}

}  // namespace ganglion::train
