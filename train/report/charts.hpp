#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/fit/windows.hpp"

namespace ganglion::train {

/// Drawings for the training report: SVG as text, coloured by the page's classes c0 to c7.

/// A line with a name, over whatever the x axis counts.
struct Line {
    std::string name;
    std::vector<double> x;
    std::vector<double> y;
};

struct Axis {
    std::string name;
    double low = 0;
    double high = 1;
};

/// `&`, `<`, `>` and `"` made harmless.
std::string escaped(const std::string& text);

/// The key above a drawing: one coloured name each.
std::string key(const std::vector<std::string>& names);

/// Lines over two axes; `mark`: a point that stands out, with its words (none: empty words).
struct Mark {
    double x = 0;
    double y = 0;
    std::string words;
};
std::string line_chart(const std::vector<Line>& lines, const Axis& x, const Axis& y,
                       const Mark& mark = {});

/// Shares of scores from 0 to 1 in equal bins, one colour a class, each class scaled to its own
/// highest bin; `limit`: where it fires (below 0: none).
std::string histogram(const std::vector<std::vector<double>>& classes, double limit);

/// Points in the plane, coloured by class, scaled to what they span.
struct MapPoint {
    double x = 0;
    double y = 0;
    uint16_t label = 0;
};
std::string scatter(const std::vector<MapPoint>& points);

/// Truth by row, decision by column, darker with the row's share.
std::string confusion_table(const Confusion& confusion, const std::vector<std::string>& labels);

/// The course of a signal: lowest and highest of each of 600 equal stretches.
std::string waveform(std::span<const int16_t> samples);

/// The two directions of greatest variance of int8 windows (principal components, by power
/// iteration), and each window on them.
std::vector<MapPoint> principal_map(const LabelledWindows& windows, size_t most);

/// A mono WAV file as the `src` of an audio element.
std::string audio_source(std::span<const int16_t> samples, uint32_t rate_hz);

}  // namespace ganglion::train
