#pragma once

#include <cstdint>
#include <vector>

#include "model/graph.hpp"
#include "project/project.hpp"
#include "train/corpus/word_frames.hpp"
#include "train/fit/windows.hpp"
#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// How far the integer engine is from the network in floating point.
struct Agreement {
    uint64_t windows = 0;
    double mean = 0;     ///< mean absolute difference
    double largest = 0;  ///< largest absolute difference
};

/// Runs both over `windows` (frames × values int8 each; at most 500 spread over all). Compared are
/// the probabilities behind softmax, or, without softmax, each window's root mean square
/// reconstruction error.
Agreement compare(const FoldedNetwork& network, const model::Graph& graph,
                  const std::vector<int8_t>& windows);

/// `count` windows from the tracks: half ending just behind the word (label 1), half anywhere
/// without it (0). Deterministic.
LabelledWindows sample_windows(const project::Project& project, const WordFrames& frames,
                               size_t count);

}  // namespace ganglion::train
