#include "train/evaluate/trial_judgement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    size_t from = 0;
    while (from < text.size()) {
        const size_t comma = std::min(text.find(',', from), text.size());
        if (comma > from) words.push_back(text.substr(from, comma - from));
        from = comma + 1;
    }
    return words;
}

double share(uint64_t some, uint64_t all) {
    return all == 0 ? 0 : static_cast<double>(some) / static_cast<double>(all);
}

/// 95 % interval of a share by drawing whole groups with repetition (Efron and Tibshirani 1993):
/// trials of one person are alike, so persons are drawn, not trials.
Interval by_group(const std::map<std::string, std::pair<uint64_t, uint64_t>>& groups) {
    std::vector<std::pair<uint64_t, uint64_t>> all;
    all.reserve(groups.size());
    for (const auto& [name, counts] : groups) all.push_back(counts);
    if (all.empty()) return {0, 1};
    Random random(1);
    std::vector<double> shares;
    for (int draw = 0; draw < 2000; ++draw) {
        uint64_t some = 0;
        uint64_t count = 0;
        for (size_t i = 0; i < all.size(); ++i) {
            const auto& one = all[random.below(all.size())];
            some += one.first;
            count += one.second;
        }
        shares.push_back(share(some, count));
    }
    std::sort(shares.begin(), shares.end());
    return {shares[50], shares[1949]};
}

}  // namespace

double TrialJudgement::sensitivity() const {
    return share(found, positives);
}
double TrialJudgement::specificity() const {
    return share(negatives - false_alarms, negatives);
}
double TrialJudgement::accuracy() const {
    return share(found + negatives - false_alarms, positives + negatives);
}

TrialRules trial_rules(const project::Project& project, const std::filesystem::path& data) {
    const auto& judge = project.judge;
    const auto text = [&](const char* key) {
        const auto found = judge.texts.find(key);
        return found == judge.texts.end() ? std::string() : found->second;
    };
    const auto number = [&](const char* key, double fallback) {
        const auto found = judge.parameters.find(key);
        return found == judge.parameters.end() || found->second.empty() ? fallback
                                                                        : found->second.front();
    };
    if (text("positive").empty()) {
        throw std::runtime_error(
            fmt::format("{}: judge.positive: is missing; write how the labels to be found begin",
                        project.path.string()));
    }
    TrialRules rules;
    rules.manifest = data / judge.data / "manifest.csv";
    rules.under = text("under");
    rules.format = {project.sensor.columns, project.sensor.units_per_lsb, words_of(text("keys")),
                    text("restarts"), text("label")};
    rules.positive = text("positive");
    rules.ignored = text("ignored");
    rules.mean = text("rule") == "mean";
    rules.calibrate = static_cast<uint32_t>(number("calibrate", 0));
    rules.peak = static_cast<int32_t>(number("peak", -1));
    return rules;
}

std::vector<Trial> trials_of(const TrialRules& rules) {
    std::vector<Trial> trials = read_trials(rules.manifest, rules.under, rules.format);
    if (!rules.ignored.empty()) {
        std::erase_if(trials, [&](const Trial& t) { return t.label.starts_with(rules.ignored); });
    }
    if (rules.calibrate == 0) return trials;
    std::map<std::string, std::vector<int16_t>> own;
    for (const Trial& trial : trials) {
        if (rules.is_positive(trial) || own.contains(trial.group)) continue;
        const size_t values = rules.calibrate * rules.format.columns.size();
        if (trial.samples.size() <= values) continue;
        own[trial.group].assign(trial.samples.begin(),
                                trial.samples.begin() + static_cast<ptrdiff_t>(values));
    }
    std::set<std::string> begun;
    std::erase_if(trials, [&](const Trial& t) { return !own.contains(t.group); });
    for (Trial& trial : trials) {
        // The trial that was learned from goes on by itself.
        if (!rules.is_positive(trial) && begun.insert(trial.group).second) continue;
        const auto& before = own[trial.group];
        trial.samples.insert(trial.samples.begin(), before.begin(), before.end());
    }
    return trials;
}

std::vector<ScoredTrial> score_trials(const DeviceRun& device, const std::vector<Trial>& trials) {
    std::vector<ScoredTrial> scored;
    scored.reserve(trials.size());
    for (const Trial& trial : trials) scored.push_back({&trial, device.run(trial.samples)});
    return scored;
}

TrialJudgement judge_trials(const project::Project& project, const TrialRules& rules,
                            const DeviceRun& device, const std::vector<ScoredTrial>& scored,
                            uint32_t threshold) {
    TrialJudgement judgement;
    std::map<std::string, std::pair<uint64_t, uint64_t>> sensitive;
    std::map<std::string, std::pair<uint64_t, uint64_t>> specific;
    std::vector<double> delays;
    const double rate = project.sensor.samples_per_second();
    for (const ScoredTrial& one : scored) {
        const Trial& trial = *one.trial;
        bool taken = false;
        if (rules.mean) {
            const auto& scores = one.stream.scores;
            const uint64_t sum = std::accumulate(scores.begin(), scores.end(), uint64_t{0});
            taken = !scores.empty() && sum >= uint64_t{threshold} * scores.size();
        }
        const auto fired = device.firings(one.stream, threshold);
        if (!rules.mean) taken = !fired.empty();
        const bool positive = rules.is_positive(trial);
        auto& label = judgement.by_label[trial.label];
        ++label.second;
        if (taken != positive) {
            ++label.first;
            judgement.wrong.push_back(trial.name);
        }
        auto& group = (positive ? sensitive : specific)[trial.group];
        ++group.second;
        if (taken == positive) ++group.first;
        if (positive) {
            ++judgement.positives;
            if (taken) ++judgement.found;
            if (taken && !fired.empty()) delays.push_back(static_cast<double>(fired[0]) / rate);
        } else {
            ++judgement.negatives;
            if (taken) ++judgement.false_alarms;
            judgement.negative_hours += static_cast<double>(one.stream.length) / rate / 3600;
        }
    }
    if (!delays.empty()) {
        std::sort(delays.begin(), delays.end());
        judgement.delay_s = delays[delays.size() / 2];
    }
    judgement.sensitivity_by_person = by_group(sensitive);
    judgement.specificity_by_person = by_group(specific);
    return judgement;
}

uint32_t choose_trial_threshold(const project::Project& project, const TrialRules& rules,
                                const DeviceRun& device, const std::vector<ScoredTrial>& scored) {
    double best = -1;
    uint32_t first = 500;
    uint32_t last = 500;
    for (uint32_t threshold = 20; threshold <= 980; threshold += 10) {
        const auto judged = judge_trials(project, rules, device, scored, threshold);
        const double mean = judged.sensitivity() + judged.specificity();
        if (mean > best + 1e-12) {
            best = mean;
            first = threshold;
        }
        if (mean >= best - 1e-12) last = threshold;
    }
    return (first + last) / 2;
}

}  // namespace ganglion::train
