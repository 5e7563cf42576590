#include <fmt/format.h>

#include <atomic>

#include "train/corpus/parallel.hpp"
#include "train/evaluate/decided_beats.hpp"
#include "train/evaluate/pause_judgement.hpp"

namespace ganglion::train {

namespace {

// The beats behind which the pipeline tells a pause.
std::vector<uint64_t> pauses_told(const JudgeInput& input, const HeartRecord& record) {
    const auto [frames, decisions] = decide_beats(input, record);
    std::vector<uint64_t> told;
    for (size_t i = 0; i < frames.size(); ++i)
        if (decisions[i].fired) told.push_back(frames[i].sample);
    return told;
}

}  // namespace

Judged judge_heart_pauses(const JudgeInput& input) {
    const auto records = unpaced_records(input);
    std::vector<PauseScore> scores(records.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        records.size(),
        [&](size_t i) {
            scores[i] = judge_pauses(records[i], pauses_told(input, records[i]));
            ++done;
        },
        [&] { input.step(done, records.size()); });
    PauseScore all;
    Judged judged;
    for (size_t i = 0; i < records.size(); ++i) {
        all.add(scores[i]);
        if (scores[i].pauses + scores[i].wrong == 0) continue;
        judged.notes.push_back(fmt::format("{}: {} of {} pauses missed, {} told wrongly",
                                           records[i].name, scores[i].missed, scores[i].pauses,
                                           scores[i].wrong));
    }
    // A share of none says nothing.
    if (all.pauses > 0)
        judged.figures.push_back(share_figure("missed pauses", all.missed, all.pauses));
    judged.figures.push_back(rate_figure("false pauses", all.wrong, all.hours, "per hour"));
    judged.notes.push_back(fmt::format("{} pauses in {:.2f} h", all.pauses, all.hours));
    return judged;
}

}  // namespace ganglion::train
