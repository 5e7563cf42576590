#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "train/classic/k_means.hpp"
#include "train/classic/kernels.hpp"
#include "train/classic/planes.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kCalibrationWindows = 1000;
constexpr uint32_t kMostVectors = 64;

}  // namespace

FoldedNetwork fit_kernel_svm(const ClassifierSettings& settings, const LabelledWindows& train) {
    const uint32_t wanted = settings.channels.empty() ? 8 : settings.channels[0];
    if (wanted == 0 || wanted > kMostVectors) {
        throw std::runtime_error(fmt::format(
            "{}: network.channels: write the number of support vectors a class, 1 to {}",
            settings.name, kMostVectors));
    }
    std::vector<Point> points;
    double spread = 0;
    for (uint16_t c = 0; c < settings.classes; ++c) {
        const auto members = members_of(train, c);
        if (members.empty()) continue;
        double own = 0;
        const auto typical = k_means(train, members, wanted, Random(settings.seed).fork(c), own);
        points.insert(points.end(), typical.begin(), typical.end());
        spread += own;
    }
    const size_t width = train.window_values();
    const double scale = kClassifierInputScale;
    const double usual =
        std::max(spread / static_cast<double>(train.size()), static_cast<double>(width));
    FoldedLayer distances;
    distances.kind = LayerKind::distances;
    distances.in = static_cast<int32_t>(width);
    distances.out = static_cast<int32_t>(points.size());
    distances.exponential = true;
    distances.bias.assign(points.size(), 0.0F);
    distances.factors.assign(points.size() * width,
                             static_cast<float>(1 / (2 * usual * scale * scale)));
    for (const auto& point : points)
        for (const double value : point)
            distances.weights.push_back(static_cast<float>(std::nearbyint(value) * scale));

    FoldedNetwork network{settings.name,
                          static_cast<int32_t>(train.frames),
                          static_cast<int32_t>(train.values),
                          kClassifierInputScale,
                          {distances},
                          false};
    std::vector<float> features;
    for (size_t i = 0; i < train.size(); ++i) {
        std::vector<float> x;
        for (const int8_t step : train.window(i))
            x.push_back(static_cast<float>(step) * kClassifierInputScale);
        const auto similar = run_float(network, x);
        features.insert(features.end(), similar.begin(), similar.end());
    }
    const auto weights = class_weights(train.labels, settings.classes, settings.balance);
    FoldedLayer planes;
    planes.in = distances.out;
    planes.out = static_cast<int32_t>(settings.classes);
    for (uint16_t c = 0; c < settings.classes; ++c) {
        const Plane plane = separate(settings, features, points.size(), train.labels, c, weights);
        for (const double weight : plane.weights)
            planes.weights.push_back(static_cast<float>(kMarginsPerLogit * weight));
        planes.bias.push_back(static_cast<float>(kMarginsPerLogit * plane.bias));
    }
    network.layers.push_back(planes);
    network.softmax = true;
    calibrate(network, spread_sample(train, kCalibrationWindows));
    return network;
}

}  // namespace ganglion::train
