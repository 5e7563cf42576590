#include "cli/demo/judge.hpp"

#include <fmt/core.h>

namespace ganglion::cli {

Verdict judge(const Truth& truth, const std::vector<uint64_t>& decisions, uint64_t tolerance) {
    Verdict verdict;
    verdict.known = truth.known;
    if (!truth.known) return verdict;
    std::vector<bool> found(truth.intervals.size(), false);
    for (const uint64_t decision : decisions) {
        bool belongs = false;
        for (size_t i = 0; i < truth.intervals.size() && !belongs; ++i) {
            const auto& interval = truth.intervals[i];
            const bool inside = decision >= interval.begin && decision <= interval.end + tolerance;
            if (!inside || (found[i] && !truth.lasting)) continue;
            belongs = true;
            if (found[i]) continue;
            found[i] = true;
            ++verdict.right;
            verdict.delays.push_back(decision - interval.begin);
        }
        if (!belongs) ++verdict.wrong;
    }
    for (const bool hit : found) verdict.missed += hit ? 0 : 1;
    return verdict;
}

std::string to_text(const Verdict& verdict, size_t decisions) {
    if (!verdict.known) return fmt::format("{} (truth not known)", decisions);
    return fmt::format("{} right, {} missed, {} wrong", verdict.right, verdict.missed,
                       verdict.wrong);
}

}  // namespace ganglion::cli
