#pragma once

#include <cstddef>
#include <vector>

#include "train/fit/fit_classifier.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {

/// A classifier whose first layer gives each of several members a share (a softmax), and whose
/// second adds up those of each class: member k belongs to class class_of[k]. Calibrated on windows
/// of `train`.
FoldedNetwork sum_by_class(const ClassifierSettings& settings, const LabelledWindows& train,
                           FoldedLayer members, const std::vector<size_t>& class_of);

}  // namespace ganglion::train
