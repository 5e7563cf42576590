#include "train/classic/linear.hpp"

#include "train/classic/planes.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kCalibrationWindows = 1000;

}  // namespace

FoldedNetwork fit_linear_svm(const ClassifierSettings& settings, const LabelledWindows& train) {
    std::vector<float> features;
    features.reserve(train.inputs.size());
    for (const int8_t step : train.inputs)
        features.push_back(static_cast<float>(step) * kClassifierInputScale);
    const auto weights = class_weights(train.labels, settings.classes, settings.balance);
    FoldedLayer layer;
    layer.in = static_cast<int32_t>(train.window_values());
    layer.out = static_cast<int32_t>(settings.classes);
    for (uint16_t c = 0; c < settings.classes; ++c) {
        const Plane plane =
            separate(settings, features, train.window_values(), train.labels, c, weights);
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
