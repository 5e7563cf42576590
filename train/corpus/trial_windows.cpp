#include "train/corpus/trial_windows.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "compile/bundle_features.hpp"

namespace ganglion::train {

TrialFrames trial_frames(const project::Project& project, const TrialRules& rules,
                         const std::vector<Trial>& trials, std::string_view split, size_t most) {
    TrialFrames all;
    all.values = project.frame_values();
    std::map<std::string, uint32_t> groups;
    for (const Trial& trial : trials) {
        if (trial.split != split) continue;
        const auto group =
            groups.emplace(trial.group, static_cast<uint32_t>(groups.size())).first->second;
        const std::vector<int16_t> raw = compile::raw_feature_frames(project, trial.samples);
        const size_t count = raw.size() / all.values;
        const bool positive = rules.is_positive(trial);
        const auto keep = [&](size_t frame) {
            const auto first = raw.begin() + static_cast<ptrdiff_t>(frame * all.values);
            all.raw.insert(all.raw.end(), first, first + all.values);
            all.labels.push_back(positive ? 1 : 0);
            all.groups.push_back(group);
        };
        if (count == 0) continue;
        if (positive && rules.peak >= 0) {
            size_t peak = 0;
            const auto value = [&](size_t frame) {
                return raw[frame * all.values + static_cast<size_t>(rules.peak)];
            };
            for (size_t i = 1; i < count; ++i) {
                if (value(i) > value(peak)) peak = i;
            }
            keep(peak);
            continue;
        }
        const size_t kept = std::min(count, most);
        for (size_t i = 0; i < kept; ++i) keep(i * count / kept);
    }
    return all;
}

LabelledWindows scaled_windows(const TrialFrames& frames,
                               const std::vector<ValueScaling>& scaling) {
    LabelledWindows windows;
    windows.values = frames.values;
    windows.labels = frames.labels;
    windows.groups = frames.groups;
    windows.inputs.reserve(frames.raw.size());
    for (size_t i = 0; i < frames.raw.size(); ++i) {
        windows.inputs.push_back(scaled(scaling[i % frames.values], frames.raw[i]));
    }
    return windows;
}

}  // namespace ganglion::train
