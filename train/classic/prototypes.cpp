#include "train/classic/prototypes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kCalibrationWindows = 1000;
constexpr int kRounds = 20;
constexpr uint32_t kMostPrototypes = 64;

using Point = std::vector<double>;

double squared_distance(const Point& a, std::span<const int8_t> b) {
    double sum = 0;
    for (size_t v = 0; v < a.size(); ++v) {
        const double difference = a[v] - b[v];
        sum += difference * difference;
    }
    return sum;
}

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

Point point_of(std::span<const int8_t> window) {
    return {window.begin(), window.end()};
}

/// `spread` gets the sum of squared distances from the nearest point.
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

}  // namespace

FoldedNetwork fit_prototypes(const ClassifierSettings& settings, const LabelledWindows& train) {
    const uint32_t wanted = settings.channels.empty() ? 4 : settings.channels[0];
    if (wanted == 0 || wanted > kMostPrototypes) {
        throw std::runtime_error(
            fmt::format("{}: network.channels: write the number of prototypes a class, 1 to {}",
                        settings.name, kMostPrototypes));
    }
    std::vector<Point> points;
    std::vector<size_t> class_of;
    double spread = 0;
    for (uint16_t c = 0; c < settings.classes; ++c) {
        std::vector<size_t> members;
        for (size_t i = 0; i < train.size(); ++i)
            if (train.labels[i] == c) members.push_back(i);
        if (members.empty()) continue;
        double own = 0;
        for (auto& point : k_means(train, members, wanted, Random(settings.seed).fork(c), own)) {
            points.push_back(std::move(point));
            class_of.push_back(c);
        }
        spread += own;
    }
    // In int8 steps squared; never narrower than one step in every value.
    const double variance = std::max(spread / static_cast<double>(train.size()),
                                     static_cast<double>(train.window_values()));
    FoldedLayer distances;
    distances.in = static_cast<int32_t>(train.window_values());
    distances.out = static_cast<int32_t>(points.size());
    distances.softmax = true;
    const double steps = 1 / static_cast<double>(kClassifierInputScale);
    for (const auto& point : points) {
        double square = 0;
        for (const double value : point) {
            distances.weights.push_back(static_cast<float>(value / variance * steps));
            square += value * value;
        }
        distances.bias.push_back(static_cast<float>(-square / (2 * variance)));
    }
    FoldedLayer sums;
    sums.in = distances.out;
    sums.out = static_cast<int32_t>(settings.classes);
    sums.weights.assign(points.size() * settings.classes, 0.0F);
    sums.bias.assign(settings.classes, 0.0F);
    for (size_t p = 0; p < points.size(); ++p) sums.weights[class_of[p] * points.size() + p] = 1;
    FoldedNetwork network{settings.name,
                          static_cast<int32_t>(train.frames),
                          static_cast<int32_t>(train.values),
                          kClassifierInputScale,
                          {distances, sums},
                          false};
    calibrate(network, spread_sample(train, kCalibrationWindows));
    network.layers[1].least = 0;
    network.layers[1].greatest = 1;
    return network;
}

}  // namespace ganglion::train
