#include "train/fit/moments.hpp"

#include <algorithm>

#include "compile/bundle_features.hpp"
#include "train/corpus/loud_stretches.hpp"
#include "train/corpus/word_extent.hpp"
#include "train/fit/label_thresholds.hpp"
#include "train/fit/recording_copies.hpp"
#include "train/recordings/sensor_recording.hpp"

namespace ganglion::train {
namespace {

constexpr double kWhole = 0.9;       // of a word: it was heard
constexpr double kOther = 0.3;       // of what never fires
constexpr double kLeastPart = 0.15;  // of a word: less may be a breath
constexpr double kMostPart = 0.5;    // more may be enough to tell
constexpr double kLongInWindow = 0.5;

/// The first of the project's labels for which `fits`, or kNoLabel.
template <typename Fits>
int16_t label_for(const std::vector<std::string>& labels, const Fits& fits) {
    const auto at = std::ranges::find_if(labels, fits);
    return at == labels.end() ? kNoLabel : static_cast<int16_t>(at - labels.begin());
}

/// The recording with quiet around it where it is short, and with the stretches of what it holds.
LabelledRecording with_words(const project::Project& project, LabelledRecording recording) {
    const auto& f = project.features;
    const uint64_t window = f.window + uint64_t{f.hop} * (f.frames - 1);
    const bool is_short = recording.samples.size() <= 2 * window;
    const uint16_t label = recording.stretches.front().label;
    std::vector<Extent> extents;
    if (is_quiet(project.decision.labels[label])) {
        extents = {};
    } else if (recording.spoken) {
        extents = {{0, recording.samples.size()}};
    } else if (is_short) {
        extents = {word_extent(recording.samples, project.sensor.rate_hz)};
    } else {
        extents = loud_stretches(recording.samples, project.sensor.rate_hz);
    }
    const size_t before = is_short ? put_in_quiet(project, recording.samples) : 0;
    recording.stretches.clear();
    for (const Extent& extent : extents)
        recording.stretches.push_back({extent.begin + before, extent.end + before, label});
    if (is_quiet(project.decision.labels[label]))
        recording.stretches = {{0, recording.samples.size(), label}};
    return recording;
}

LabelledTrack track_of(const project::Project& project, const LabelledRecording& recording) {
    const auto& labels = project.decision.labels;
    const auto partial = label_for(
        labels, [](const std::string& label) { return never_fires(label) && !is_quiet(label); });
    const auto quiet = label_for(labels, is_quiet);
    LabelledTrack track;
    const auto placed = compile::placed_frames(project, recording.samples);
    track.values = compile::scaled_frames(project, placed.raw);
    const size_t frames = project.features.frames;
    const size_t all = track.values.size() / project.frame_values();
    const size_t skipped = placed.last.size() - all;  // learned from
    track.labels.assign(all, kNoLabel);
    for (size_t end = frames; end <= all; ++end) {
        const size_t first_frame = skipped + end - frames;
        const uint64_t first = first_frame == 0 ? 0 : placed.last[first_frame - 1] + 1;
        track.labels[end - 1] = moment_label(recording.stretches, labels, partial, quiet, first,
                                             placed.last[skipped + end - 1]);
    }
    return track;
}

}  // namespace

int16_t moment_label(std::span<const Stretch> stretches, const std::vector<std::string>& labels,
                     int16_t partial, int16_t quiet, uint64_t first, uint64_t last) {
    int16_t found = quiet;
    const auto window = static_cast<double>(last + 1 - first);
    for (const Stretch& stretch : stretches) {
        const uint64_t begin = std::max(first, stretch.begin);
        const uint64_t end = std::min(last + 1, stretch.end);
        if (end <= begin) continue;
        const auto label = static_cast<int16_t>(stretch.label);
        const double seen = static_cast<double>(end - begin);
        const double of_stretch = seen / static_cast<double>(stretch.end - stretch.begin);
        const double of_window = seen / window;
        if (never_fires(labels[stretch.label])) {
            if (of_stretch >= kOther || of_window >= kOther) return label;
            found = kNoLabel;
            continue;
        }
        const bool lasts = last >= stretch.begin && last < stretch.end;
        if (of_stretch >= kWhole || (lasts && of_window >= kLongInWindow)) return label;
        const bool part = of_stretch >= kLeastPart && of_stretch <= kMostPart;
        found = part && (found == quiet || found == partial) ? partial : kNoLabel;
    }
    return found;
}

std::vector<LabelledTrack> labelled_tracks(const project::Project& project,
                                           const std::vector<LabelledRecording>& recordings,
                                           const WindowPlan& plan,
                                           const std::function<void(size_t, size_t)>& step) {
    const auto chosen = recordings_of(recordings, plan.split);
    const SpeechCorpus around = surroundings(project, chosen);
    const auto copies = copies_of(chosen, plan.copies);
    std::vector<LabelledTrack> tracks(copies.size());
    const auto prepare = [&](const LabelledRecording& recording) {
        return with_words(project, recording);
    };
    const auto use = [&](size_t i, const LabelledRecording& copy, Random&) {
        tracks[i] = track_of(project, copy);
    };
    make_copies(project, around, copies, plan.seed, {prepare, use, step});
    return tracks;
}

}  // namespace ganglion::train
