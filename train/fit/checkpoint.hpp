#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/fit/fit_classifier.hpp"

namespace ganglion::train {

/// Everything beside network and optimizer that the next step of a fit depends on.
struct FitState {
    int64_t step = 0;     ///< the next one
    uint64_t random = 0;  ///< Random::state()
    double loss = 0;
    std::vector<Epoch> curve;
    std::vector<torch::Tensor> averaged;  ///< weights
    std::vector<torch::Tensor> found;     ///< hard negatives, as their finder writes them
};

/// Writes `file` in one step, so that a fit that is killed at any moment goes on from there and
/// comes to the same bits.
void save_checkpoint(const std::filesystem::path& file, const std::string& key,
                     const torch::nn::Module& net, const torch::optim::Optimizer& optimizer,
                     const FitState& state);

/// False, with nothing changed, where `file` is absent, damaged or of another fit (`key`).
bool load_checkpoint(const std::filesystem::path& file, const std::string& key,
                     torch::nn::Module& net, torch::optim::Optimizer& optimizer, FitState& state);

}  // namespace ganglion::train
