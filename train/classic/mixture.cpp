#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "train/classic/class_sums.hpp"
#include "train/classic/k_means.hpp"
#include "train/classic/kernels.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kMostDistributions = 32;
constexpr int kRounds = 25;
constexpr double kLeastVariance = 4;  // int8 steps squared; a value that never changes says nothing

struct Gauss {
    double share = 0;
    Point mean;
    Point variance;

    double log_density(std::span<const int8_t> window) const {
        double sum = std::log(std::max(share, 1e-12));
        for (size_t v = 0; v < window.size(); ++v) {
            const double difference = window[v] - mean[v];
            sum -= difference * difference / (2 * variance[v]) +
                   std::log(2 * std::numbers::pi * variance[v]) / 2;
        }
        return sum;
    }
};

/// Variances of all members, for the beginning and for what has too few.
Point variances(const LabelledWindows& train, const std::vector<size_t>& members) {
    const size_t width = train.window_values();
    Point sum(width, 0);
    Point square(width, 0);
    const auto count = static_cast<double>(members.size());
    for (const size_t i : members) {
        const auto window = train.window(i);
        for (size_t v = 0; v < width; ++v) {
            sum[v] += window[v] / count;
            square[v] += static_cast<double>(window[v]) * window[v] / count;
        }
    }
    for (size_t v = 0; v < width; ++v)
        square[v] = std::max(kLeastVariance, square[v] - sum[v] * sum[v]);
    return square;
}

/// One round: what each distribution expects of each window, then the best for that.
void maximise(const LabelledWindows& train, const std::vector<size_t>& members,
              std::vector<Gauss>& mixture, const Point& all) {
    const size_t width = train.window_values();
    std::vector<double> counts(mixture.size(), 0);
    std::vector<Point> sums(mixture.size(), Point(width, 0));
    std::vector<Point> squares = sums;
    for (const size_t i : members) {
        const auto window = train.window(i);
        std::vector<double> shares(mixture.size());
        for (size_t k = 0; k < mixture.size(); ++k) shares[k] = mixture[k].log_density(window);
        const double most = *std::max_element(shares.begin(), shares.end());
        double sum = 0;
        for (double& share : shares) sum += share = std::exp(share - most);
        for (size_t k = 0; k < mixture.size(); ++k) {
            const double share = shares[k] / sum;
            counts[k] += share;
            for (size_t v = 0; v < width; ++v) {
                sums[k][v] += share * window[v];
                squares[k][v] += share * window[v] * window[v];
            }
        }
    }
    for (size_t k = 0; k < mixture.size(); ++k) {
        if (counts[k] < 1) continue;
        mixture[k].share = counts[k] / static_cast<double>(members.size());
        // A few windows more of the whole class's spread keep a small distribution from closing in
        // on its own.
        constexpr double kPrior = 2;
        for (size_t v = 0; v < width; ++v) {
            const double mean = sums[k][v] / counts[k];
            const double own = squares[k][v] - counts[k] * mean * mean;
            mixture[k].mean[v] = mean;
            mixture[k].variance[v] =
                std::max(kLeastVariance, (own + kPrior * all[v]) / (counts[k] + kPrior));
        }
    }
}

}  // namespace

FoldedNetwork fit_mixture(const ClassifierSettings& settings, const LabelledWindows& train) {
    const uint32_t wanted = settings.channels.empty() ? 2 : settings.channels[0];
    if (wanted == 0 || wanted > kMostDistributions) {
        throw std::runtime_error(
            fmt::format("{}: network.channels: write the number of distributions a class, 1 to {}",
                        settings.name, kMostDistributions));
    }
    const auto weights = class_weights(train.labels, settings.classes, settings.balance);
    const double scale = kClassifierInputScale;
    FoldedLayer densities;
    densities.kind = LayerKind::distances;
    densities.in = static_cast<int32_t>(train.window_values());
    densities.softmax = true;
    std::vector<size_t> class_of;
    for (uint16_t c = 0; c < settings.classes; ++c) {
        const auto members = members_of(train, c);
        if (members.empty()) continue;
        double spread = 0;
        const Point all = variances(train, members);
        std::vector<Gauss> mixture;
        for (auto& point : k_means(train, members, wanted, Random(settings.seed).fork(c), spread))
            mixture.push_back({1, std::move(point), all});
        for (auto& one : mixture) one.share = 1 / static_cast<double>(mixture.size());
        for (int round = 0; round < kRounds; ++round) maximise(train, members, mixture, all);
        // How often the class is, as the loss of a network would weight it.
        const double prior = static_cast<double>(members.size()) * weights[c];
        for (const auto& one : mixture) {
            class_of.push_back(c);
            double bias = std::log(prior * std::max(one.share, 1e-12));
            for (size_t v = 0; v < one.mean.size(); ++v) {
                bias -= std::log(one.variance[v]) / 2;
                densities.weights.push_back(
                    static_cast<float>(std::nearbyint(one.mean[v]) * scale));
                densities.factors.push_back(
                    static_cast<float>(1 / (2 * one.variance[v] * scale * scale)));
            }
            densities.bias.push_back(static_cast<float>(bias));
        }
    }
    // Softmax asks for differences alone.
    const float most = *std::max_element(densities.bias.begin(), densities.bias.end());
    for (float& bias : densities.bias) bias -= most;
    return sum_by_class(settings, train, std::move(densities), class_of);
}

}  // namespace ganglion::train
