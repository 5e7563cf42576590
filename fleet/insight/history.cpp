#include "fleet/insight/history.hpp"

#include <algorithm>
#include <numeric>

namespace ganglion::fleet::insight {
namespace {

constexpr double kNormalConsistency = 1.4826;
/// Values further off than this many deviations count as if they were there; and what remains of a
/// normal distribution's deviation then.
constexpr double kWinsor = 2.5;
constexpr double kWinsorConsistency = 0.98872;
/// What the drawn-in deviation tells against a plain one.
constexpr double kRobustEfficiency = 0.9;
constexpr double kMostCorrelation = 0.95;

}  // namespace

double median(std::vector<double> values) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    if (values.empty()) return kMissing;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double robust_deviation(const std::vector<double>& values) {
    const double middle = median(values);
    std::vector<double> distances;
    distances.reserve(values.size());
    for (const double value : values)
        if (!std::isnan(value)) distances.push_back(std::abs(value - middle));
    if (distances.empty()) return kMissing;
    const double scale = kNormalConsistency * median(distances);
    // Where more than half of the values are equal, the others are all the noise there is.
    const double limit = scale > 0 ? kWinsor * scale : std::numeric_limits<double>::infinity();
    double squares = 0;
    for (const double distance : distances) {
        const double clipped = std::min(distance, limit);
        squares += clipped * clipped;
    }
    return std::sqrt(squares / static_cast<double>(distances.size())) / kWinsorConsistency;
}

double degrees_of_freedom(size_t values, double inflation) {
    return std::max(1.0, kRobustEfficiency * static_cast<double>(values) / inflation);
}

double variance_inflation(const std::vector<double>& residuals) {
    double sum = 0, squares = 0, products = 0, count = 0;
    for (const double value : residuals) {
        if (std::isnan(value)) continue;
        sum += value;
        count += 1;
    }
    if (count < 4) return 1;
    const double mean = sum / count;
    double last = kMissing;
    for (const double value : residuals) {
        if (!std::isnan(value)) squares += (value - mean) * (value - mean);
        if (!std::isnan(value) && !std::isnan(last)) products += (value - mean) * (last - mean);
        last = value;
    }
    if (squares <= 0) return 1;
    double correlation = products / squares;
    correlation += (2 + 4 * correlation) / count;
    correlation = std::clamp(correlation, 0.0, kMostCorrelation);
    return (1 + correlation) / (1 - correlation);
}

std::vector<double> false_discovery_rates(const std::vector<double>& p) {
    std::vector<size_t> order(p.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, [&](size_t a, size_t b) { return p[a] < p[b]; });
    std::vector<double> rates(p.size(), 1.0);
    double smallest = 1.0;
    for (size_t rank = order.size(); rank > 0; --rank) {
        const size_t index = order[rank - 1];
        const double rate = p[index] * static_cast<double>(p.size()) / static_cast<double>(rank);
        smallest = std::min(smallest, rate);
        rates[index] = smallest;
    }
    return rates;
}

}  // namespace ganglion::fleet::insight
