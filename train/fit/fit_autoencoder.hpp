#pragma once

#include <cstdint>
#include <vector>

#include "project/project.hpp"
#include "train/fit/progress.hpp"
#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// The layers of an autoencoder for this project: fully connected, [network] channels widths from
/// the outside to the bottleneck and mirrored back. Weights empty.
std::vector<FoldedLayer> autoencoder_layers(const project::Project& project);

/// Fits the network to give back its input. `windows`: frames × values int8 each, one after the
/// other, of normal running alone, already standardised as the device does. epochs × batches over
/// all windows in an order drawn from the seed. Deterministic. Ends early when `stop` is set,
/// keeping what was reached.
FoldedNetwork fit_autoencoder(const project::Project& project, const std::vector<int8_t>& windows,
                              const ProgressCallback& progress, const StopFlag& stop);

}  // namespace ganglion::train
