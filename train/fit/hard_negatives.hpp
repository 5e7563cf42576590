#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "train/corpus/word_frames.hpp"
#include "train/network/net.hpp"

namespace ganglion::train {

constexpr int32_t kSpotterStepFrames = 2;  ///< stride of a wake word network's first convolution
constexpr float kSpotterInputScale = 1.0F / 32;

/// Where a network takes another sound for the word.
struct HardNegative {
    size_t track = 0;        ///< among WordFrames::negatives
    int32_t last_frame = 0;  ///< of the window
    float probability = 0;
};

/// The 600 worst of every `parts`-th negative from `part` on, worst first; at most one in half a
/// second, so that one bad recording does not fill the list.
std::vector<HardNegative> find_hard_negatives(Net& net, const WordFrames& frames, int32_t bands,
                                              int32_t window, size_t part, size_t parts);

/// As numbers that a checkpoint keeps: a row of track, last frame, probability each; and back.
torch::Tensor to_tensor(const std::vector<HardNegative>& spots);
std::vector<HardNegative> hard_negatives_of(const torch::Tensor& rows);

}  // namespace ganglion::train
