#pragma once

#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {

/// Some typical windows of each class (k-means with k-means++ seeds, Arthur and Vassilvitskii 2007)
/// and the share of each by distance: exp(-|x - p|² / 2s²) over the sum of all, s the root mean
/// square distance of a window from its own prototype. The same as a mixture of equally wide Gauss
/// distributions and as a normalised radial basis network. The square of x is in all terms and
/// falls out, so it is one fully connected layer with softmax and a second that adds up each
/// class's prototypes. channels = [prototypes a class], 4 when left out.
FoldedNetwork fit_prototypes(const ClassifierSettings& settings, const LabelledWindows& train);

}  // namespace ganglion::train
