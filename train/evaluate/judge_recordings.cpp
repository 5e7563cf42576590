#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <sstream>

#include "train/corpus/parallel.hpp"
#include "train/evaluate/judges.hpp"
#include "train/recordings/sensor_recording.hpp"

namespace ganglion::train {

namespace {

struct Trial {
    std::string name;
    std::string label;               ///< in the manifest
    std::string truth;               ///< empty: nothing may fire
    std::vector<std::string> fired;  ///< in order
    double hours = 0;
};

struct Tally {
    uint64_t right = 0;
    uint64_t missed = 0;
    uint64_t wrong = 0;  ///< fired where the truth was another, or nothing
    double f1() const {
        const auto all = static_cast<double>(2 * right + missed + wrong);
        return all == 0 ? 0 : 2.0 * static_cast<double>(right) / all;
    }
};

std::vector<Trial> run_trials(const JudgeInput& input, const std::vector<std::string>& labels) {
    const auto recordings = sensor_recordings(input.project, input.data, input.split);
    std::vector<Trial> trials(recordings.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        recordings.size(),
        [&](size_t i) {
            auto samples = read_sensor_recording(input.project, recordings[i]);
            const size_t length = samples.size() / input.project.sensor.channels;
            put_in_quiet(input.project, samples);
            Trial& trial = trials[i];
            trial.name = recordings[i].path.filename().string();
            trial.label = recordings[i].label;
            if (std::ranges::find(labels, recordings[i].label) != labels.end()) {
                trial.truth = recordings[i].label;
            }
            const DecidedStream stream = input.device.decide(samples);
            for (const Decision& decision : stream.decisions) {
                if (!decision.fired) continue;
                trial.fired.emplace_back(input.device.bundle().label(decision.label));
            }
            trial.hours =
                static_cast<double>(length) / input.project.sensor.samples_per_second() / 3600;
            ++done;
        },
        [&] { input.step(done, recordings.size()); });
    return trials;
}

/// The false alarms in recordings that the device hears every day: those whose label stands in
/// [judge] everyday, separated by commas.
void add_everyday(const JudgeInput& input, const std::vector<Trial>& trials, Judged& judged) {
    const auto text = input.project.judge.texts.find("everyday");
    if (text == input.project.judge.texts.end()) return;
    std::set<std::string> labels;
    std::istringstream words(text->second);
    for (std::string word; std::getline(words >> std::ws, word, ',');) labels.insert(word);
    uint64_t count = 0;
    double hours = 0;
    for (const Trial& trial : trials) {
        if (!trial.truth.empty() || !labels.contains(trial.label)) continue;
        count += trial.fired.size();
        hours += trial.hours;
    }
    judged.figures.push_back(rate_figure("everyday false alarms", count, hours, "per hour"));
}

}  // namespace

Judged judge_recordings(const JudgeInput& input) {
    const std::vector<std::string> labels = firing_labels(input.project);
    std::map<std::string, Tally> tallies;
    for (const std::string& label : labels) tallies[label] = {};
    Judged judged;
    uint64_t positives = 0;
    uint64_t missed = 0;
    uint64_t false_alarms = 0;
    double quiet_hours = 0;
    const auto trials = run_trials(input, labels);
    for (const Trial& trial : trials) {
        const std::string first = trial.fired.empty() ? "" : trial.fired.front();
        if (trial.truth.empty()) {
            quiet_hours += trial.hours;
            false_alarms += trial.fired.size();
            for (const std::string& label : trial.fired) ++tallies[label].wrong;
        } else {
            ++positives;
            const bool right = first == trial.truth;
            right ? ++tallies[trial.truth].right : ++tallies[trial.truth].missed;
            if (!right && !first.empty()) ++tallies[first].wrong;
            missed += right ? 0 : 1;
        }
        if (first == trial.truth) continue;
        judged.notes.push_back(fmt::format("{}: {} taken for {}", trial.name,
                                           trial.truth.empty() ? "nothing" : trial.truth,
                                           first.empty() ? "nothing" : first));
    }
    judged.figures.push_back(share_figure("missed", missed, positives));
    judged.figures.push_back(rate_figure("false alarms", false_alarms, quiet_hours, "per hour"));
    add_everyday(input, trials, judged);
    double f1 = 0;
    for (const auto& [label, tally] : tallies) {
        f1 += tally.f1() / static_cast<double>(tallies.size());
        if (tallies.size() > 1) {
            judged.figures.push_back(
                share_figure("missed " + label, tally.missed, tally.right + tally.missed));
        }
    }
    judged.figures.push_back(
        {.name = "macro F1 lost", .value = 1 - f1, .unit = "", .interval = {}, .goal = {}});
    judged.notes.push_back(fmt::format("{} recordings with something to find, {:.2f} h without",
                                       positives, quiet_hours));
    return judged;
}

}  // namespace ganglion::train
