#pragma once

#include <cstddef>
#include <optional>

#include "fleet/insight/history.hpp"

namespace ganglion::fleet::insight {

enum class Shape { steady, trend, step };

/// What a history does over its whole length.
struct ShapeFinding {
    Shape shape = Shape::steady;
    double p = 1;                          ///< chance of so clear a shape in a steady history
    double slope = 0;                      ///< trend: per step of time (Sen 1968)
    double slope_low = 0, slope_high = 0;  ///< 95 % interval of the slope
    double middle_level = 0;               ///< trend: of the line at its middle
    double middle_error = 0;               ///< trend: half of that level's 95 % interval
    double since_middle = 0;               ///< trend: steps of time from the middle to the end
    double level = 0;                      ///< now: at the end of the trend line, or after the step
    double jump = 0;                       ///< step: median after less median before
    size_t since = 0;                      ///< step: first index after it
    double noise = 0;  ///< robust deviation of what the shape leaves unexplained
};

/// Tells a trend (Theil and Sen's line) from a step (at Pettitt's split, 1979) from neither: the
/// size of each is tested against the robust noise that it leaves, with a variance widened by the
/// noise's autocorrelation: by `inflation` where it is known from many histories alike, else as the
/// residuals tell. The shape that explains more is named where a test is below `significance`.
/// Fewer than 12 values are always steady.
ShapeFinding find_shape(const History& history, double significance = 0.01,
                        std::optional<double> inflation = std::nullopt);

/// Steps of time until a trend reaches a threshold.
struct TimeToThreshold {
    double expected = 0;
    double earliest = 0;           ///< with the fastest slope of the 95 % interval
    std::optional<double> latest;  ///< with the slowest; none where that one never reaches it
};

/// Where the trend leads to the threshold; none where it leads away, stands still or is past it.
std::optional<TimeToThreshold> time_to_threshold(const ShapeFinding& finding, double threshold);

}  // namespace ganglion::fleet::insight
