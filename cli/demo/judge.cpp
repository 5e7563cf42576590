#include "cli/demo/judge.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace ganglion::cli {

namespace {

bool fits(const train::Expected& expected, const Decided& decision, uint64_t tolerance) {
    return decision.sample >= expected.begin && decision.sample <= expected.end + tolerance &&
           (expected.label.empty() || expected.label == decision.label);
}

}  // namespace

Verdict judge(const Truth& truth, const std::vector<Decided>& decisions, uint64_t tolerance) {
    Verdict verdict;
    verdict.known = truth.known;
    if (!truth.known) return verdict;
    std::vector<bool> found(truth.intervals.size(), false);
    const auto outcome_of = [&](const Decided& decision) {
        if (!truth.judged.empty() &&
            std::ranges::find(truth.judged, decision.label) == truth.judged.end())
            return Outcome::neither;
        Outcome outcome = Outcome::wrong;
        for (size_t i = 0; i < truth.intervals.size(); ++i) {
            const auto& interval = truth.intervals[i];
            if (!fits(interval, decision, tolerance)) continue;
            if (interval.required && !found[i]) {
                found[i] = true;
                verdict.delays.push_back(decision.sample - interval.begin);
                return Outcome::right;
            }
            if (!interval.required || truth.lasting) outcome = Outcome::neither;
        }
        return outcome;
    };
    for (const Decided& decision : decisions) {
        const Outcome outcome = outcome_of(decision);
        verdict.outcomes.push_back(outcome);
        Verdict::Counts& counts = verdict.by_label[decision.label];
        if (outcome == Outcome::right) {
            ++verdict.right;
            ++counts.right;
        } else if (outcome == Outcome::wrong) {
            ++verdict.wrong;
            ++counts.wrong;
        }
    }
    for (size_t i = 0; i < found.size(); ++i) {
        if (found[i] || !truth.intervals[i].required) continue;
        ++verdict.missed;
        ++verdict.by_label[truth.intervals[i].label].missed;
    }
    return verdict;
}

std::string to_text(const Verdict& verdict, size_t decisions) {
    if (!verdict.known) return fmt::format("{} (truth not known)", decisions);
    return fmt::format("{} right, {} missed, {} wrong", verdict.right, verdict.missed,
                       verdict.wrong);
}

}  // namespace ganglion::cli
