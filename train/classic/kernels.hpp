#pragma once

#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {

/// A support vector machine with a radial basis kernel, e^(-γ |x - s|²), on a few support vectors
/// for all classes: typical windows of each (Lee and Mangasarian, "RSVM: reduced support vector
/// machines", SIAM 2001), one class against the rest, by the same subgradients as the linear one. γ
/// is such that a window at the usual distance from its own typical one counts e^(-1/2). channels =
/// [support vectors a class], 8 when left out. Computed as squared differences, their sums, e^x and
/// one fully connected layer with softmax over twice the margins; calibrated.
FoldedNetwork fit_kernel_svm(const ClassifierSettings& settings, const LabelledWindows& train);

/// A mixture of Gauss distributions for each class, each value with a variance of its own, fitted
/// by expectation and maximisation (Dempster, Laird and Rubin 1977) from k-means; the output is
/// each class's share of the density, classes as `balance` weights them. channels = [distributions
/// a class], 2 when left out. Computed as weighted squared differences, their sums, softmax over
/// all distributions and one fully connected layer that adds up each class's.
FoldedNetwork fit_mixture(const ClassifierSettings& settings, const LabelledWindows& train);

}  // namespace ganglion::train
