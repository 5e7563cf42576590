#include "train/classic/linear.hpp"

#include <algorithm>
#include <cmath>

#include "train/quantize/to_graph.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kCalibrationWindows = 1000;
constexpr double kRegularisation = 1e-4;
constexpr double kMarginsPerLogit = 2;

struct Plane {
    std::vector<double> weights;
    double bias = 0;
};

/// The plane between class `wanted` and all others, the average of the second half of the steps.
Plane separate(const ClassifierSettings& settings, const LabelledWindows& train, uint16_t wanted,
               const std::vector<double>& class_weight) {
    const size_t width = train.window_values();
    const size_t steps = train.size() * std::max<uint32_t>(settings.epochs, 1);
    Plane now{std::vector<double>(width, 0), 0};
    Plane sum = now;
    Random random = Random(settings.seed).fork(wanted);
    for (size_t step = 0; step < steps; ++step) {
        const size_t i = random.below(train.size());
        const auto window = train.window(i);
        const double side = train.labels[i] == wanted ? 1 : -1;
        double margin = now.bias;
        for (size_t v = 0; v < width; ++v)
            margin += now.weights[v] * window[v] * static_cast<double>(kClassifierInputScale);
        const double rate = 1 / (kRegularisation * static_cast<double>(step + 1) + 100);
        for (double& weight : now.weights) weight *= 1 - rate * kRegularisation;
        if (side * margin < 1) {
            const double pull = rate * side * class_weight[train.labels[i]];
            for (size_t v = 0; v < width; ++v)
                now.weights[v] += pull * window[v] * static_cast<double>(kClassifierInputScale);
            now.bias += pull;
        }
        if (step < steps / 2) continue;
        for (size_t v = 0; v < width; ++v) sum.weights[v] += now.weights[v];
        sum.bias += now.bias;
    }
    const auto averaged = steps - steps / 2;
    const auto counted = static_cast<double>(averaged);
    for (double& weight : sum.weights) weight /= counted;
    sum.bias /= counted;
    return sum;
}

}  // namespace

FoldedNetwork fit_linear_svm(const ClassifierSettings& settings, const LabelledWindows& train) {
    const auto weights = class_weights(train.labels, settings.classes, settings.balance);
    FoldedLayer layer;
    layer.in = static_cast<int32_t>(train.window_values());
    layer.out = static_cast<int32_t>(settings.classes);
    for (uint16_t c = 0; c < settings.classes; ++c) {
        const Plane plane = separate(settings, train, c, weights);
        for (const double weight : plane.weights)
            layer.weights.push_back(static_cast<float>(kMarginsPerLogit * weight));
        layer.bias.push_back(static_cast<float>(kMarginsPerLogit * plane.bias));
    }
    FoldedNetwork network{settings.name,
                          static_cast<int32_t>(train.frames),
                          static_cast<int32_t>(train.values),
                          kClassifierInputScale,
                          {layer},
                          true};
    calibrate(network, spread_sample(train, kCalibrationWindows));
    return network;
}

}  // namespace ganglion::train
