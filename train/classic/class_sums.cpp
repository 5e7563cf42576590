#include "train/classic/class_sums.hpp"

#include <utility>

namespace ganglion::train {
namespace {

constexpr size_t kCalibrationWindows = 1000;

}  // namespace

FoldedNetwork sum_by_class(const ClassifierSettings& settings, const LabelledWindows& train,
                           FoldedLayer members, const std::vector<size_t>& class_of) {
    members.out = static_cast<int32_t>(class_of.size());
    FoldedLayer sums;
    sums.in = members.out;
    sums.out = static_cast<int32_t>(settings.classes);
    sums.weights.assign(class_of.size() * settings.classes, 0.0F);
    sums.bias.assign(settings.classes, 0.0F);
    for (size_t k = 0; k < class_of.size(); ++k)
        sums.weights[class_of[k] * class_of.size() + k] = 1;
    FoldedNetwork network{settings.name,
                          static_cast<int32_t>(train.frames),
                          static_cast<int32_t>(train.values),
                          kClassifierInputScale,
                          {std::move(members), std::move(sums)},
                          false};
    calibrate(network, spread_sample(train, kCalibrationWindows));
    network.layers[1].least = 0;
    network.layers[1].greatest = 1;
    return network;
}

}  // namespace ganglion::train
