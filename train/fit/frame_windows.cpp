#include "train/fit/frame_windows.hpp"

#include <algorithm>
#include <map>

#include "compile/bundle_features.hpp"
#include "train/corpus/loud_stretches.hpp"
#include "train/corpus/parallel.hpp"
#include "train/fit/label_thresholds.hpp"
#include "train/fit/recording_copies.hpp"
#include "train/recordings/sensor_recording.hpp"

namespace ganglion::train {
namespace {

struct Part {
    std::vector<int8_t> inputs;
    std::vector<uint16_t> labels;
};

/// A short sound gets quiet around it, so that windows can lie anywhere around it. What a sound's
/// label says holds for its loud parts alone; where there is nothing to tell, for all of it.
LabelledRecording with_loud_stretches(const project::Project& project,
                                      LabelledRecording recording) {
    const auto& f = project.features;
    const uint64_t window = f.window + uint64_t{f.hop} * (f.frames - 1);
    if (!is_sound(project) || recording.stretches.size() != 1) return recording;
    const uint16_t label = recording.stretches.front().label;
    if (recording.samples.size() <= 2 * window) put_in_quiet(project, recording.samples);
    recording.stretches = {{0, recording.samples.size(), label}};
    if (never_fires(project.decision.labels[label])) return recording;
    recording.stretches.clear();
    for (const Extent& loud : loud_stretches(recording.samples, project.sensor.rate_hz))
        recording.stretches.push_back({loud.begin, loud.end, label});
    return recording;
}

/// The label of the window of samples [first, last]; -1: between two.
int label_of(const LabelledRecording& recording, uint64_t first, uint64_t last) {
    for (const auto& stretch : recording.stretches) {
        const uint64_t begin = std::max(first, stretch.begin);
        const uint64_t end = std::min(last + 1, stretch.end);
        if (end <= begin) continue;
        const uint64_t shared = end - begin;
        const bool inside = stretch.begin >= first && stretch.end <= last + 1;
        const bool holds_last = last >= stretch.begin && last < stretch.end;
        if (inside || (holds_last && 2 * shared >= last + 1 - first)) return stretch.label;
    }
    return -1;
}

constexpr size_t kQuietShare = 4;  // one in so many windows of a sound that is nothing is quiet

/// Where a sound that is nothing is loud: what else might be taken for something. Empty: all alike.
std::vector<Extent> loud_parts(const project::Project& project,
                               const LabelledRecording& recording) {
    if (!is_sound(project) || recording.stretches.size() != 1) return {};
    if (!never_fires(project.decision.labels[recording.stretches.front().label])) return {};
    return loud_stretches(recording.samples, project.sensor.rate_hz);
}

/// `shift`: where the first of the windows that are taken lies, as a part of their distance: each
/// copy shows a sound at other places of its windows.
Part windows_of(const project::Project& project, const LabelledRecording& recording, size_t most,
                double shift) {
    Part part;
    const auto placed = compile::placed_frames(project, recording.samples);
    const auto scaled = compile::scaled_frames(project, placed.raw);
    const size_t values = project.frame_values();
    const size_t frames = project.features.frames;
    const size_t skipped = placed.last.size() - scaled.size() / values;  // learned from
    const auto loud = loud_parts(project, recording);
    std::vector<std::pair<size_t, uint16_t>> heard;   // hold something loud, or all alike
    std::vector<std::pair<size_t, uint16_t>> silent;  // do not
    for (size_t end = frames; end <= scaled.size() / values; ++end) {
        const size_t first_frame = skipped + end - frames;
        const uint64_t first = first_frame == 0 ? 0 : placed.last[first_frame - 1] + 1;
        const uint64_t last = placed.last[skipped + end - 1];
        const int label = label_of(recording, first, last);
        if (label < 0) continue;
        const bool hears = loud.empty() || std::ranges::any_of(loud, [&](const Extent& sound) {
                               return sound.begin <= last && sound.end > first;
                           });
        (hears ? heard : silent).emplace_back(end, static_cast<uint16_t>(label));
    }
    const auto take = [&](const std::vector<std::pair<size_t, uint16_t>>& of, size_t at_most) {
        const size_t count = std::min(of.size(), at_most);
        for (size_t n = 0; n < count; ++n) {
            const double place = (static_cast<double>(n) + shift) * static_cast<double>(of.size());
            const auto [end, label] = of[static_cast<size_t>(place / static_cast<double>(count))];
            part.inputs.insert(part.inputs.end(),
                               scaled.begin() + static_cast<ptrdiff_t>((end - frames) * values),
                               scaled.begin() + static_cast<ptrdiff_t>(end * values));
            part.labels.push_back(label);
        }
        return count;
    };
    const size_t quiet = std::min(silent.size(), most / kQuietShare);
    const size_t taken = take(heard, most - quiet);
    take(silent, most - taken);
    return part;
}

}  // namespace

LabelledWindows frame_windows(const project::Project& project,
                              const std::vector<LabelledRecording>& recordings,
                              const WindowPlan& plan,
                              const std::function<void(size_t, size_t)>& step) {
    const auto chosen = recordings_of(recordings, plan.split);
    const SpeechCorpus around = surroundings(project, chosen);
    const auto copies = copies_of(chosen, plan.copies);
    const size_t all = copies.size();
    std::vector<Part> parts(all);
    const auto prepare = [&](const LabelledRecording& recording) {
        return with_loud_stretches(project, recording);
    };
    const auto use = [&](size_t i, const LabelledRecording& copy, Random& random) {
        const double shift = copies[i].number == 0 ? 0 : random.uniform();
        parts[i] = windows_of(project, copy, plan.most_each, shift);
    };
    make_copies(project, around, copies, plan.seed, {prepare, use, step});
    LabelledWindows windows;
    windows.frames = project.features.frames;
    windows.values = project.frame_values();
    std::map<std::string, uint32_t> groups;
    for (size_t i = 0; i < all; ++i) {
        const auto& group = copies[i].of->group;
        const auto number =
            groups.emplace(group, static_cast<uint32_t>(groups.size())).first->second;
        windows.inputs.insert(windows.inputs.end(), parts[i].inputs.begin(), parts[i].inputs.end());
        windows.labels.insert(windows.labels.end(), parts[i].labels.begin(), parts[i].labels.end());
        windows.groups.insert(windows.groups.end(), parts[i].labels.size(), number);
    }
    return windows;
}

std::vector<int16_t> raw_frames(const project::Project& project,
                                const std::vector<LabelledRecording>& recordings,
                                const std::string& split) {
    const auto chosen = recordings_of(recordings, split);
    std::vector<std::vector<int16_t>> parts(chosen.size());
    in_parallel(chosen.size(), [&](size_t i) {
        parts[i] = compile::raw_feature_frames(project, chosen[i]->samples);
    });
    std::vector<int16_t> all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace ganglion::train
