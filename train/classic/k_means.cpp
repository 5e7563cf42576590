#include "train/classic/k_means.hpp"

#include <algorithm>

namespace ganglion::train {
namespace {

constexpr int kRounds = 20;

double squared_distance(const Point& a, std::span<const int8_t> b) {
    double sum = 0;
    for (size_t v = 0; v < a.size(); ++v) {
        const double difference = a[v] - b[v];
        sum += difference * difference;
    }
    return sum;
}

Point point_of(std::span<const int8_t> window) {
    return {window.begin(), window.end()};
}

}  // namespace

size_t nearest(const std::vector<Point>& points, std::span<const int8_t> window, double& distance) {
    size_t best = 0;
    distance = 1e300;
    for (size_t p = 0; p < points.size(); ++p) {
        const double d = squared_distance(points[p], window);
        if (d < distance) {
            distance = d;
            best = p;
        }
    }
    return best;
}

std::vector<Point> k_means(const LabelledWindows& train, const std::vector<size_t>& members,
                           uint32_t count, Random random, double& spread) {
    std::vector<Point> points{point_of(train.window(members[random.below(members.size())]))};
    while (points.size() < std::min<size_t>(count, members.size())) {
        std::vector<double> until;
        double sum = 0;
        for (const size_t i : members) {
            double distance = 0;
            nearest(points, train.window(i), distance);
            until.push_back(sum += distance);
        }
        if (sum <= 0) break;
        const auto at = std::upper_bound(until.begin(), until.end(), random.uniform(0, sum));
        const auto place =
            std::min<ptrdiff_t>(at - until.begin(), static_cast<ptrdiff_t>(members.size()) - 1);
        points.push_back(point_of(train.window(members[static_cast<size_t>(place)])));
    }
    for (int round = 0; round < kRounds; ++round) {
        std::vector<Point> sums(points.size(), Point(train.window_values(), 0));
        std::vector<double> counts(points.size(), 0);
        spread = 0;
        for (const size_t i : members) {
            double distance = 0;
            const size_t p = nearest(points, train.window(i), distance);
            spread += distance;
            const auto window = train.window(i);
            for (size_t v = 0; v < window.size(); ++v) sums[p][v] += window[v];
            counts[p] += 1;
        }
        for (size_t p = 0; p < points.size(); ++p) {
            if (counts[p] == 0) continue;
            for (size_t v = 0; v < points[p].size(); ++v) points[p][v] = sums[p][v] / counts[p];
        }
    }
    return points;
}

std::vector<size_t> members_of(const LabelledWindows& train, uint16_t label) {
    std::vector<size_t> members;
    for (size_t i = 0; i < train.size(); ++i)
        if (train.labels[i] == label) members.push_back(i);
    return members;
}

}  // namespace ganglion::train
