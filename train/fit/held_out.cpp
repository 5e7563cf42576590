#include "train/fit/held_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>

#include "train/corpus/parallel.hpp"
#include "train/fit/fit_labelled.hpp"
#include "train/fit/steps.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/recordings/manifest.hpp"
#include "train/recordings/sensor_recording.hpp"

namespace ganglion::train {
namespace {

/// Groups of several sets bear their folder before the name.
bool is_known(const LabelledRecording& recording) {
    return recording.group != kUnknownGroup;
}

bool may_be_left_out(const LabelledRecording& recording) {
    return recording.split == "train" && !recording.spoken && !recording.made &&
           !recording.stretches.empty();
}

}  // namespace

std::vector<ScoredRecording> score_recordings(const project::Project& project,
                                              const DeviceRun& device,
                                              const std::vector<const LabelledRecording*>& chosen,
                                              const std::function<void(size_t, size_t)>& step) {
    std::vector<ScoredRecording> scored(chosen.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        chosen.size(),
        [&](size_t i) {
            scored[i].recording = chosen[i];
            auto samples = chosen[i]->samples;
            const uint64_t before = put_in_quiet(project, samples);
            auto decided = device.decide(samples);
            scored[i].scores = std::move(decided.scores);
            for (const auto& decision : decided.decisions)
                scored[i].samples.push_back(std::max(decision.sample, before) - before);
            ++done;
        },
        [&] { step(done, chosen.size()); });
    return scored;
}

std::vector<uint32_t> folds_of(const std::vector<LabelledRecording>& recordings, uint32_t folds) {
    std::map<uint16_t, uint32_t> unknown;  // recordings of a label
    for (const auto& recording : recordings) {
        if (may_be_left_out(recording) && !is_known(recording))
            ++unknown[recording.stretches.front().label];
    }
    std::map<std::string, uint32_t> of_group;
    std::map<uint16_t, uint32_t> groups;  // of a label so far
    std::map<uint16_t, uint32_t> seen;    // unknown ones of a label so far
    std::vector<uint32_t> parts(recordings.size(), kNeverLeftOut);
    for (size_t i = 0; i < recordings.size(); ++i) {
        if (!may_be_left_out(recordings[i])) continue;
        const uint16_t label = recordings[i].stretches.front().label;
        if (!is_known(recordings[i])) {
            parts[i] = seen[label]++ * folds / unknown[label];
            continue;
        }
        const auto [place, is_new] = of_group.try_emplace(recordings[i].group, 0);
        if (is_new) place->second = groups[label]++ % folds;
        parts[i] = place->second;
    }
    return parts;
}

std::vector<ScoredRecording> held_out(const project::Project& project, const LabelledSet& set,
                                      const ClassifierSettings& settings,
                                      const LabelledWindows& validation,
                                      const ProgressCallback& progress, const StopFlag& stop) {
    const uint32_t folds = project.training.folds;
    const auto parts = folds_of(set.recordings, folds);
    std::vector<ScoredRecording> all;
    for (uint32_t fold = 0; fold < folds; ++fold) {
        LabelledSet fitted_on = set;
        std::vector<const LabelledRecording*> left_out;
        for (size_t i = 0; i < parts.size(); ++i) {
            if (parts[i] != fold) continue;
            left_out.push_back(&set.recordings[i]);
            fitted_on.recordings[i].split = "left out";
        }
        if (left_out.empty()) continue;
        const std::string part = fmt::format("part {} of {} left out", fold + 1, folds);
        const auto lessons = lessons_of(project, fitted_on, steps_of(part, progress, &stop));
        const auto network =
            fit_classifier(settings, lessons.windows, validation, progress, stop, lessons.tracks)
                .network;
        const DeviceRun device(project, to_graph(network));
        auto scored = score_recordings(project, device, left_out, steps_of(part, progress));
        std::move(scored.begin(), scored.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace ganglion::train
