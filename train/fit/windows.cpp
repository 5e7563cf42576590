#include "train/fit/windows.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ganglion::train {
namespace {

double share(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<int8_t> spread_sample(const LabelledWindows& windows, size_t count) {
    std::vector<int8_t> inputs;
    count = std::min(count, windows.size());
    for (size_t n = 0; n < count; ++n) {
        const auto window = windows.window(n * windows.size() / count);
        inputs.insert(inputs.end(), window.begin(), window.end());
    }
    return inputs;
}

LabelledWindows windows_of(std::span<const LabelledTrack> tracks, uint32_t frames, uint32_t values,
                           size_t most) {
    LabelledWindows windows;
    windows.frames = frames;
    windows.values = values;
    for (size_t t = 0; t < tracks.size(); ++t) {
        const LabelledTrack& track = tracks[t];
        std::vector<size_t> ends;
        for (size_t end = frames; end <= track.labels.size(); ++end)
            if (track.labels[end - 1] != kNoLabel) ends.push_back(end);
        const size_t count = std::min(ends.size(), most);
        for (size_t n = 0; n < count; ++n) {
            const size_t end = ends[n * ends.size() / count];
            const auto* first = track.values.data() + (end - frames) * values;
            windows.inputs.insert(windows.inputs.end(), first, first + windows.window_values());
            windows.labels.push_back(static_cast<uint16_t>(track.labels[end - 1]));
            windows.groups.push_back(static_cast<uint32_t>(t));
        }
    }
    return windows;
}

std::vector<double> class_weights(std::span<const uint16_t> labels, size_t classes,
                                  double strength) {
    std::vector<double> counts(classes, 0);
    for (const uint16_t label : labels) counts[label] += 1;
    std::vector<double> weights(classes, 0);
    double sum = 0;
    for (size_t c = 0; c < classes; ++c) {
        if (counts[c] > 0) weights[c] = std::pow(counts[c], -strength);
        sum += weights[c] * counts[c];
    }
    for (double& weight : weights) weight *= static_cast<double>(labels.size()) / sum;
    return weights;
}

uint64_t Confusion::total() const {
    return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

uint64_t Confusion::right() const {
    uint64_t sum = 0;
    for (size_t c = 0; c < classes; ++c) sum += at(c, c);
    return sum;
}

double Confusion::accuracy() const {
    return share(right(), total());
}

double Confusion::recall(size_t truth) const {
    uint64_t all = 0;
    for (size_t given = 0; given < classes; ++given) all += at(truth, given);
    return share(at(truth, truth), all);
}

double Confusion::precision(size_t given) const {
    uint64_t all = 0;
    for (size_t truth = 0; truth < classes; ++truth) all += at(truth, given);
    return share(at(given, given), all);
}

double Confusion::f1(size_t which) const {
    const double sum = recall(which) + precision(which);
    return sum > 0 ? 2 * recall(which) * precision(which) / sum : 0;
}

double Confusion::balanced_accuracy() const {
    double sum = 0;
    size_t seen = 0;
    for (size_t truth = 0; truth < classes; ++truth) {
        const auto row = counts.begin() + static_cast<ptrdiff_t>(truth * classes);
        if (std::all_of(row, row + static_cast<ptrdiff_t>(classes),
                        [](uint64_t count) { return count == 0; }))
            continue;
        sum += recall(truth);
        ++seen;
    }
    return seen == 0 ? 0 : sum / static_cast<double>(seen);
}

}  // namespace ganglion::train
