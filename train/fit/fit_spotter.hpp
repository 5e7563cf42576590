#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "project/project.hpp"
#include "train/corpus/word_frames.hpp"
#include "train/fit/fit_classifier.hpp"
#include "train/fit/progress.hpp"
#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// The layers of a wake word network for this project: a depthwise-separable network over time
/// alone (Zhang et al., "Hello Edge: Keyword Spotting on Microcontrollers", 2017, with
/// one-dimensional kernels), no padding, so that the same weights slide over a long recording.
/// [network] channels: the width of the first convolution and of each depthwise-separable block.
/// Weights empty. Throws std::runtime_error when frames are too few for the blocks.
std::vector<FoldedLayer> spotter_layers(const project::Project& project);

/// Fits the network to the tracks: two outputs, "other" and the word, before softmax. epochs × 100
/// steps of `batch` segments; negatives which the network takes for the word are searched again and
/// again and shown more often. The weights are the average over the last steps. Deterministic for
/// equal input, seed and number of threads. Ends early when `stop` is set, keeping what was
/// reached. `checkpoint`, where given, is a file in which each hundredth step and the last before
/// `stop` are kept: the same fit goes on from there and comes to the same bits; it is removed when
/// the fit is done.
FittedClassifier fit_spotter(const project::Project& project, const WordFrames& frames,
                             const ProgressCallback& progress, const StopFlag& stop,
                             const std::filesystem::path& checkpoint = {});

}  // namespace ganglion::train
