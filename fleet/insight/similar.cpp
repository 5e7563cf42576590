#include "fleet/insight/similar.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <utility>

namespace ganglion::fleet::insight {
namespace {

constexpr size_t kShortest = 6;

/// Means over a fifth of the length around each value that is there: shape, not noise.
History smoothed(const History& history) {
    const size_t half = std::max<size_t>(1, history.size() / 10);
    History smooth(history.size(), kMissing);
    for (size_t i = 0; i < history.size(); ++i) {
        double sum = 0;
        size_t count = 0;
        const size_t last = std::min(history.size() - 1, i + half);
        for (size_t j = i < half ? 0 : i - half; j <= last; ++j) {
            if (std::isnan(history[j])) continue;
            sum += history[j];
            ++count;
        }
        if (count != 0) smooth[i] = sum / static_cast<double>(count);
    }
    return smooth;
}

double correlation_of(const History& a, const History& b) {
    double n = 0, sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        if (std::isnan(a[i]) || std::isnan(b[i])) continue;
        n += 1;
        sum_a += a[i];
        sum_b += b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
        ab += a[i] * b[i];
    }
    const double variances = (aa * n - sum_a * sum_a) * (bb * n - sum_b * sum_b);
    return variances > 0 ? (ab * n - sum_a * sum_b) / std::sqrt(variances) : 0;
}

/// The shape with mean 0 and length 1: what a window is projected on (a matched filter).
History filter_of(const History& shape) {
    double sum = 0, count = 0, squares = 0;
    for (const double value : shape) {
        if (std::isnan(value)) continue;
        sum += value;
        count += 1;
    }
    History filter = shape;
    for (double& value : filter) {
        value = std::isnan(value) ? 0 : value - sum / count;
        squares += value * value;
    }
    for (double& value : filter) value /= std::sqrt(squares);
    return filter;
}

double projection_of(const History& window, const History& filter) {
    const double level = median(window);
    double sum = 0;
    for (size_t i = 0; i < window.size(); ++i)
        if (!std::isnan(window[i])) sum += filter[i] * (window[i] - level);
    return sum;
}

}  // namespace

std::vector<SimilarHistory> similar_histories(const History& pattern,
                                              const std::vector<Candidate>& candidates,
                                              double false_discoveries, double least_correlation) {
    const size_t length = pattern.size();
    if (length < kShortest) return {};
    const History shape = smoothed(pattern);
    const History filter = filter_of(shape);
    if (std::isnan(filter.front())) return {};  // the pattern stands still
    std::vector<SimilarHistory> all;
    std::vector<double> inflations, p;
    std::vector<size_t> lengths;
    for (const Candidate& candidate : candidates) {
        const History& history = candidate.history;
        if (history.size() < 2 * length) continue;
        const auto split = history.end() - static_cast<std::ptrdiff_t>(length);
        const History newest(split, history.end()), quiet(history.begin(), split);
        const double deviation = robust_deviation(quiet);
        const double projection = projection_of(newest, filter);
        if (std::isnan(projection) || !(deviation > 0)) continue;
        all.push_back(
            {candidate.device, correlation_of(shape, smoothed(newest)), projection / deviation, 1});
        inflations.push_back(variance_inflation(quiet));
        lengths.push_back(quiet.size());
    }
    // How far noise lasts is shared by machines that are alike.
    const double inflation = all.empty() ? 1 : median(inflations);
    for (size_t i = 0; i < all.size(); ++i) {
        all[i].growth /= std::sqrt(inflation);
        const boost::math::students_t noise(degrees_of_freedom(lengths[i], inflation));
        p.push_back(boost::math::cdf(boost::math::complement(noise, all[i].growth)));
    }
    const std::vector<double> rates = false_discovery_rates(p);
    std::vector<SimilarHistory> found;
    for (size_t i = 0; i < all.size(); ++i) {
        all[i].rate = rates[i];
        if (rates[i] <= false_discoveries && all[i].correlation >= least_correlation)
            found.push_back(std::move(all[i]));
    }
    std::ranges::sort(found, {}, &SimilarHistory::rate);
    return found;
}

}  // namespace ganglion::fleet::insight
