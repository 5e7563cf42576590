#include "train/network/deterministic.hpp"

#include <torch/torch.h>

namespace ganglion::train {

void be_deterministic(uint64_t seed) {
    torch::manual_seed(seed);
    at::globalContext().setDeterministicAlgorithms(true, false);
    torch::set_num_threads(1);
}

}  // namespace ganglion::train
