#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "project/project.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/intervals.hpp"
#include "train/evaluate/recorded_stream.hpp"

namespace ganglion::train {

/// One measured number of an application. Smaller is better for each that has a goal (what is
/// missed, not what is found), so one rule judges all.
struct Figure {
    std::string name;  ///< "missed"
    double value = 0;
    std::string unit;                  ///< "%", "per hour", "ms"
    std::optional<Interval> interval;  ///< 95 %
    std::optional<double> goal;        ///< at most; find_judge's caller fills it from [judge.goals]
};

struct Judged {
    std::vector<Figure> figures;
    std::vector<std::string> notes;  ///< for people: what was missed, on how much it stands
};

struct JudgeInput {
    const project::Project& project;
    const DeviceRun& device;
    std::filesystem::path data;  ///< root of the recordings, or one set of them
    std::string split;
    std::function<void(size_t done, size_t all)> step;
};

/// Compares what the exact device pipeline decides over recordings with their truth.
using Judge = Judged (*)(const JudgeInput& input);

/// The judge that [judge] kind names, else the usual one of the decision's kind. The judges are the
/// rows of judges.cpp. Throws std::runtime_error naming those that there are.
Judge find_judge(const project::Project& project);

/// A stretch of the same recordings as one stream, with what the application should say where
/// (recorded_stream.hpp). Throws as find_judge(), and where the recordings give none.
RecordedStream find_stream(const StreamInput& input);

/// Runs it and adds the goals of the project, and what every application costs: RAM, bundle, bytes
/// sensed and sent in events.
Judged judge_application(const JudgeInput& input);

/// "recordings": each whole recording is one trial. Where its manifest label is one of the bundle's
/// labels that fire, that label must be the first to fire; where it is not, nothing may.
/// Figures: "missed", "false alarms", "macro F1 lost", and "missed LABEL" for each.
Judged judge_recordings(const JudgeInput& input);

/// "words": word_judgement.hpp.
Judged judge_words(const JudgeInput& input);

/// "trials": trial_judgement.hpp.
Judged judge_whole_trials(const JudgeInput& input);

/// "cascade": the wake word of the last gate, then a command (cascade_judgement.hpp).
Judged judge_cascade(const JudgeInput& input);

/// "motor": normal running, then a fault (motor_judgement.hpp).
Judged judge_motor(const JudgeInput& input);

/// "loads": forecast and faults of meters (load_judgement.hpp).
Judged judge_loads(const JudgeInput& input);

/// "soils": forecast, wettings, dryness, faults and disease weather (soil_judgement.hpp).
Judged judge_soils(const JudgeInput& input);

/// "beats": heart beats by AAMI class, or atrial fibrillation by duration (beat_judgement.hpp),
/// over read_heart_records(). Paced people are left out. Figures in percent: "missed X" is 100 less
/// sensitivity, "false X" 100 less positive predictivity; intervals by drawing people anew.
Judged judge_beats(const JudgeInput& input);

/// "pauses": the heart's pauses (pause_judgement.hpp), over the records of "beats".
Judged judge_heart_pauses(const JudgeInput& input);

/// "routines": what a home's people do, anticipated (routine_judgement.hpp).
Judged judge_routines(const JudgeInput& input);

/// "events": what happens now and then in a long recording (event_judgement.hpp).
Judged judge_events(const JudgeInput& input);

/// "rooms": occupied or not, minute by minute (occupancy_judgement.hpp).
Judged judge_rooms(const JudgeInput& input);

/// "noises": sounds that are not usual at their hour, in days put together of recordings
/// (noise_judgement.hpp).
Judged judge_noises(const JudgeInput& input);

/// Labels that the last stage can fire, by name.
std::vector<std::string> firing_labels(const project::Project& project);

/// The set that [judge] data names below the root of the recordings, or that root itself.
std::filesystem::path judged_folder(const project::Project& project,
                                    const std::filesystem::path& data);

/// Share as percent with its Wilson interval.
Figure share_figure(const std::string& name, uint64_t part, uint64_t whole);
/// Rate with its Poisson interval, for `count` in `amount` units.
Figure rate_figure(const std::string& name, uint64_t count, double amount, const std::string& unit);

}  // namespace ganglion::train
