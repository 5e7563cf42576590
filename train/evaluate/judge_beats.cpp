#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "train/corpus/parallel.hpp"
#include "train/evaluate/beat_judgement.hpp"
#include "train/evaluate/decided_beats.hpp"

namespace ganglion::train {

namespace {

// The outputs of a network that tells beats: BeatLabel.
BeatClass class_of(uint32_t output) {
    if (output == static_cast<uint32_t>(BeatLabel::supraventricular))
        return BeatClass::supraventricular;
    if (output == static_cast<uint32_t>(BeatLabel::ventricular)) return BeatClass::ventricular;
    return BeatClass::normal;
}

// One decision a beat, in the order of the beats. Beats are told by what fires (`classes`); a
// rhythm from the average's reaching the threshold to its falling below the release.
std::vector<FoundBeat> beats_told(const JudgeInput& input, const HeartRecord& record) {
    const auto& rule = input.project.decision;
    const auto [frames, decisions] = decide_beats(input, record);
    const uint32_t release = rule.release == 0 ? rule.threshold : rule.release;
    bool on = false;
    std::vector<FoundBeat> found;
    for (size_t i = 0; i < frames.size(); ++i) {
        const Decision& decision = decisions[i];
        FoundBeat beat{frames[i].sample, BeatClass::normal, false};
        if (rule.kind == project::DecisionRule::classes) {
            if (decision.fired) beat.kind = class_of(decision.label);
        } else {
            on = decision.score_permille >= (on ? release : rule.threshold);
            beat.fibrillation = on;
        }
        found.push_back(beat);
    }
    return found;
}

Figure lost(const std::string& name, const Estimate& found) {
    return {.name = name,
            .value = 100 * (1 - found.value),
            .unit = "%",
            .interval = Interval{100 * (1 - found.interval.high), 100 * (1 - found.interval.low)},
            .goal = {}};
}

void add(Judged& judged, const std::string& what, std::span<const BeatScore> scores,
         Hits BeatScore::*of) {
    judged.figures.push_back(lost("missed " + what, sensitivity(scores, of)));
    judged.figures.push_back(lost("false " + what, precision(scores, of)));
}

std::string note(const BeatScore& score) {
    const auto text = [](const Hits& hits) {
        return fmt::format("{} right, {} missed, {} false", hits.right, hits.missed, hits.wrong);
    };
    return fmt::format("{}: beats {}; S {}; V {}; fibrillation s {} right, {} missed, {} false",
                       score.name, text(score.beats), text(score.supraventricular),
                       text(score.ventricular), score.fibrillation.right / 1000,
                       score.fibrillation.missed / 1000, score.fibrillation.wrong / 1000);
}

}  // namespace

Judged judge_beats(const JudgeInput& input) {
    const auto records = unpaced_records(input);
    std::vector<BeatScore> scores(records.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        records.size(),
        [&](size_t i) {
            scores[i] = train::judge_beats(records[i], beats_told(input, records[i]));
            ++done;
        },
        [&] { input.step(done, records.size()); });
    Judged judged;
    if (input.project.decision.kind == project::DecisionRule::classes) {
        add(judged, "QRS", scores, &BeatScore::beats);
        add(judged, "V", scores, &BeatScore::ventricular);
        add(judged, "S", scores, &BeatScore::supraventricular);
    } else {
        add(judged, "fibrillation", scores, &BeatScore::fibrillation);
    }
    for (const BeatScore& score : scores) judged.notes.push_back(note(score));
    return judged;
}

}  // namespace ganglion::train
