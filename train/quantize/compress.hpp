#pragma once

#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// The network without `share` of the channels between its layers: those whose weights are smallest
/// together (L1 norm; batch norm's factors are folded into them, so its scale counts too: Li et
/// al., "Pruning filters for efficient ConvNets", 2017; Liu et al., "Network slimming", 2017). What
/// stays of a layer is rounded up to a multiple of four, in which the device computes. The outputs
/// stay, and so do layers that are added to each other. Ranges have to be calibrated anew. Throws
/// std::runtime_error unless 0 <= share < 1.
FoldedNetwork pruned(const FoldedNetwork& network, double share);

/// The network with at most `clusters` different weight steps in each layer (k-means over weight /
/// scale, one dimension; Han et al., "Deep compression", 2016) and the scales it has now kept.
/// Weights take the nearest one whenever they become integers. Throws std::runtime_error unless 2
/// <= clusters <= 255.
FoldedNetwork clustered(FoldedNetwork network, uint32_t clusters);

/// The network with weights of 4 bits in all convolutions and dense layers but the last. Depthwise
/// layers keep 8: they are few, and the device unpacks them anyway.
FoldedNetwork with_int4_weights(FoldedNetwork network);

/// The network with the weights that its integers stand for.
FoldedNetwork with_rounded_weights(FoldedNetwork network);

/// Different weight steps in the layer that has most of them.
size_t most_different_steps(const FoldedNetwork& network);

}  // namespace ganglion::train
