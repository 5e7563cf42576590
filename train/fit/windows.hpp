#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ganglion::train {

/// What a classifier is fitted on: windows of feature frames, already scaled as the device scales
/// them, and what each one is.
struct LabelledWindows {
    uint32_t frames = 1;
    uint32_t values = 0;           ///< in one frame
    std::vector<int8_t> inputs;    ///< window after window, each frames × values, oldest first
    std::vector<uint16_t> labels;  ///< one a window: index of its class
    std::vector<uint32_t> groups;  ///< one a window: the person, recording or machine it is of

    size_t size() const { return labels.size(); }
    size_t window_values() const { return size_t{frames} * values; }
    std::span<const int8_t> window(size_t i) const {
        return std::span(inputs).subspan(i * window_values(), window_values());
    }
};

/// Of a moment that says nothing clear: not learned from.
constexpr int16_t kNoLabel = -1;

/// A recording's frames, scaled as the device scales them, and what the window that ends with each
/// of them is.
struct LabelledTrack {
    std::vector<int8_t> values;   ///< frames × values of a frame, oldest first
    std::vector<int16_t> labels;  ///< one a frame: index of a class, or kNoLabel
};

/// Up to `most` windows of each track that have a label, spread evenly.
LabelledWindows windows_of(std::span<const LabelledTrack> tracks, uint32_t frames, uint32_t values,
                           size_t most);

/// Up to `count` windows spread evenly over all, one after the other.
std::vector<int8_t> spread_sample(const LabelledWindows& windows, size_t count);

/// Real value of one int8 step of a model's input, for every classifier fitted here.
constexpr float kClassifierInputScale = 1.0F / 32;

/// A weight for each class so that all count alike however many windows they have: the inverse of
/// their share to the power `strength` (0: every window counts alike, 1: every class). Mean 1 over
/// the windows; a class without windows gets 0.
std::vector<double> class_weights(std::span<const uint16_t> labels, size_t classes,
                                  double strength);

/// Shares of windows that were taken for each class.
struct Confusion {
    explicit Confusion(size_t count) : classes(count), counts(count * count, 0) {}
    void add(size_t truth, size_t given) { ++counts[truth * classes + given]; }
    uint64_t at(size_t truth, size_t given) const { return counts[truth * classes + given]; }
    uint64_t total() const;
    uint64_t right() const;
    double accuracy() const;            ///< 0 without windows
    double recall(size_t truth) const;  ///< 0 where the class has no windows
    double precision(size_t given) const;
    double f1(size_t which) const;
    /// Mean recall over the classes that have windows: what counts where classes are unequal.
    double balanced_accuracy() const;

    size_t classes;
    std::vector<uint64_t> counts;  ///< [truth][given]
};

}  // namespace ganglion::train
