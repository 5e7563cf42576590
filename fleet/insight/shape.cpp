#include "fleet/insight/shape.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <numeric>
#include <utility>

namespace ganglion::fleet::insight {
namespace {

constexpr size_t kFewest = 12;
constexpr size_t kFewestOnASide = 3;
/// Standard errors of a median and of Sen's slope over those of a mean and of the least-squares
/// slope, for normal noise.
constexpr double kMedianLoss = 1.2533;
constexpr double kSenLoss = 1.023;

/// The values that are there, with their places in time.
struct Points {
    std::vector<double> time, value;
    size_t size() const { return value.size(); }
};

Points points_of(const History& history) {
    Points points;
    for (size_t i = 0; i < history.size(); ++i) {
        if (std::isnan(history[i])) continue;
        points.time.push_back(static_cast<double>(i));
        points.value.push_back(history[i]);
    }
    return points;
}

/// Ranks from 1; equal values share their mean rank.
std::vector<double> ranks_of(const std::vector<double>& values) {
    std::vector<size_t> order(values.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, [&](size_t a, size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (size_t first = 0; first < order.size();) {
        size_t last = first;
        while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
        const double rank = (static_cast<double>(first) + static_cast<double>(last)) / 2 + 1;
        for (size_t i = first; i <= last; ++i) ranks[order[i]] = rank;
        first = last + 1;
    }
    return ranks;
}

/// One shape laid through the points: what it leaves, and its size over its standard error but for
/// the noise.
struct Fit {
    std::vector<double> residuals;
    double noise = 0;  ///< robust deviation of the residuals
    double size = 0;   ///< slope or jump
    double unit_error = 0;
};

/// Two-sided Student test of the fit's size.
double p_of(const Fit& fit, double inflation) {
    if (fit.size == 0) return 1;
    const double error = fit.noise * fit.unit_error * std::sqrt(inflation);
    if (!(error > 0)) return 0;
    const boost::math::students_t null(degrees_of_freedom(fit.residuals.size(), inflation));
    return 2 * boost::math::cdf(boost::math::complement(null, std::abs(fit.size) / error));
}

/// Theil and Sen's line: the median of the slopes between all pairs.
Fit fit_trend(const Points& points, ShapeFinding& finding) {
    std::vector<double> slopes;
    slopes.reserve(points.size() * (points.size() - 1) / 2);
    for (size_t i = 0; i < points.size(); ++i)
        for (size_t j = i + 1; j < points.size(); ++j)
            slopes.push_back((points.value[j] - points.value[i]) /
                             (points.time[j] - points.time[i]));
    Fit fit;
    fit.size = finding.slope = median(std::move(slopes));
    const double n = static_cast<double>(points.size());
    const double mean = std::accumulate(points.time.begin(), points.time.end(), 0.0) / n;
    double spread = 0;
    for (size_t i = 0; i < points.size(); ++i) {
        fit.residuals.push_back(points.value[i] - finding.slope * points.time[i]);
        spread += (points.time[i] - mean) * (points.time[i] - mean);
    }
    const double intercept = median(fit.residuals);
    for (double& residual : fit.residuals) residual -= intercept;
    finding.level = intercept + finding.slope * points.time.back();
    finding.middle_level = intercept + finding.slope * mean;
    finding.since_middle = points.time.back() - mean;
    fit.unit_error = kSenLoss / std::sqrt(spread);
    fit.noise = robust_deviation(fit.residuals);
    return fit;
}

/// Pettitt's split: where the ranks before and after differ most; medians on both sides.
Fit fit_step(const Points& points, ShapeFinding& finding) {
    const auto n = static_cast<double>(points.size());
    const std::vector<double> ranks = ranks_of(points.value);
    double sum = 0, largest = 0;
    size_t split = kFewestOnASide;
    for (size_t i = 0; i + kFewestOnASide < points.size(); ++i) {
        sum += ranks[i];
        if (i + 1 < kFewestOnASide) continue;
        const double statistic = std::abs(2 * sum - static_cast<double>(i + 1) * (n + 1));
        if (statistic > largest) {
            largest = statistic;
            split = i + 1;
        }
    }
    const auto middle = points.value.begin() + static_cast<std::ptrdiff_t>(split);
    const double before = median({points.value.begin(), middle});
    finding.level = median({middle, points.value.end()});
    Fit fit;
    for (size_t i = 0; i < points.size(); ++i)
        fit.residuals.push_back(points.value[i] - (i < split ? before : finding.level));
    fit.size = finding.jump = finding.level - before;
    finding.since = static_cast<size_t>(points.time[split]);
    const auto count = static_cast<double>(split);
    fit.unit_error = kMedianLoss * std::sqrt(1 / count + 1 / (n - count));
    fit.noise = robust_deviation(fit.residuals);
    return fit;
}

double absolute_sum(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0,
                           [](double sum, double value) { return sum + std::abs(value); });
}

}  // namespace

ShapeFinding find_shape(const History& history, double significance,
                        std::optional<double> inflation) {
    const Points points = points_of(history);
    ShapeFinding finding;
    if (points.size() < kFewest) return finding;
    ShapeFinding step;
    const Fit trend_fit = fit_trend(points, finding);
    const Fit step_fit = fit_step(points, step);
    const bool line = absolute_sum(trend_fit.residuals) <= absolute_sum(step_fit.residuals);
    const Fit& better = line ? trend_fit : step_fit;
    const double widened = inflation.value_or(variance_inflation(better.residuals));
    // Independent places where the step could have been found, and two looks at one history.
    const double places = static_cast<double>(points.size()) / (2 * widened);
    const double p = std::min(p_of(trend_fit, widened), p_of(step_fit, widened) * places);
    finding.p = step.p = std::min(1.0, 2 * p);
    if (finding.p > significance) {
        finding.level = median(points.value);
        finding.slope = 0;
        finding.noise = robust_deviation(points.value);
        return finding;
    }
    if (!line) {
        step.shape = Shape::step;
        step.noise = step_fit.noise;
        return step;
    }
    finding.shape = Shape::trend;
    finding.noise = trend_fit.noise;
    const boost::math::students_t null(degrees_of_freedom(points.size(), widened));
    const double half = boost::math::quantile(null, 0.975) * finding.noise * std::sqrt(widened);
    finding.slope_low = finding.slope - half * trend_fit.unit_error;
    finding.slope_high = finding.slope + half * trend_fit.unit_error;
    finding.middle_error = half * kMedianLoss / std::sqrt(static_cast<double>(points.size()));
    return finding;
}

std::optional<TimeToThreshold> time_to_threshold(const ShapeFinding& finding, double threshold) {
    if (finding.shape != Shape::trend) return std::nullopt;
    const double way = threshold - finding.level;
    if (finding.slope == 0 || way / finding.slope <= 0) return std::nullopt;
    const bool up = way > 0;
    const double fast = up ? finding.slope_high : finding.slope_low;
    const double slow = up ? finding.slope_low : finding.slope_high;
    // The line turns around its middle, where slope and level are independent of each other.
    const double middle_way = threshold - finding.middle_level;
    const auto with_slope = [&](double slope, double level_error) {
        return std::max(0.0, (middle_way + level_error) / slope - finding.since_middle);
    };
    const double error = up ? finding.middle_error : -finding.middle_error;
    TimeToThreshold time{way / finding.slope, with_slope(fast, -error), std::nullopt};
    if (slow * finding.slope > 0) time.latest = with_slope(slow, error);
    return time;
}

}  // namespace ganglion::fleet::insight
