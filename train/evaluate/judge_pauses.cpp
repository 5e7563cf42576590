#include <fmt/format.h>

#include <atomic>
#include <stdexcept>

#include "train/corpus/beat_frames.hpp"
#include "train/corpus/parallel.hpp"
#include "train/evaluate/judges.hpp"
#include "train/evaluate/pause_judgement.hpp"

namespace ganglion::train {

namespace {

// The beats behind which the pipeline tells a pause: one decision a beat, in their order.
std::vector<uint64_t> pauses_told(const JudgeInput& input, const HeartRecord& record) {
    const auto pause_ms =
        static_cast<uint32_t>(project::number_of(input.project.features.parameters, "pause_ms"));
    const auto frames = beat_frames(record.samples, record.rate_hz, pause_ms);
    const DecidedStream stream = input.device.decide(record.samples);
    if (stream.decisions.size() != frames.size())
        throw std::runtime_error(record.name + ": the pipeline does not decide at each beat");
    std::vector<uint64_t> told;
    for (size_t i = 0; i < frames.size(); ++i)
        if (stream.decisions[i].fired) told.push_back(frames[i].sample);
    return told;
}

}  // namespace

Judged judge_heart_pauses(const JudgeInput& input) {
    auto records = read_heart_records(judged_folder(input.project, input.data), input.split);
    std::erase_if(records, [](const HeartRecord& record) { return record.paced; });
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
