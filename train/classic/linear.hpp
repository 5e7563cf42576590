#pragma once

#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {

/// A linear support vector machine, one class against the rest, by stochastic subgradients with
/// averaged weights (Shalev-Shwartz et al., "Pegasos", Mathematical Programming 2011), classes
/// weighted by `balance`. One fully connected layer with softmax over twice the margins;
/// calibrated.
FoldedNetwork fit_linear_svm(const ClassifierSettings& settings, const LabelledWindows& train);

}  // namespace ganglion::train
