#pragma once

#include <vector>

#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {

/// Logits are so many margins: softmax then tells classes apart about as far as the planes do.
constexpr double kMarginsPerLogit = 2;

struct Plane {
    std::vector<double> weights;
    double bias = 0;
};

/// The plane between class `wanted` and all others in the space of `features` (`width` numbers for
/// each of `labels`), the average of the second half of the steps of stochastic subgradients
/// (Shalev-Shwartz et al., "Pegasos", Mathematical Programming 2011).
Plane separate(const ClassifierSettings& settings, const std::vector<float>& features, size_t width,
               const std::vector<uint16_t>& labels, uint16_t wanted,
               const std::vector<double>& class_weight);

}  // namespace ganglion::train
