#pragma once

#include <vector>

#include "train/fit/class_trainer.hpp"

namespace ganglion::train {

/// Epochs of the last part of a fit, with fake quantization.
uint32_t fine_epochs(const ClassifierSettings& settings);

/// Epochs that compress() takes beyond a fit without compression.
uint32_t compression_epochs(const ClassifierSettings& settings);

/// What settings.compression names, one after the other, each on what the one before left and
/// fitted anew with fake quantization: a fit that learns from a larger teacher; channels pruned;
/// weights of 4 bits; weights in clusters. `exact`: the network in floating point, `fitted`: the
/// same tuned for integers. The first stage is that one, the last the result. Ends early when
/// `stop` is set.
std::vector<CompressionStage> compress(ClassTrainer& trainer, const ClassifierSettings& settings,
                                       FoldedNetwork exact, const FoldedNetwork& fitted,
                                       const StopFlag& stop);

}  // namespace ganglion::train
