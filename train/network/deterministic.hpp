#pragma once

#include <cstdint>
#include <string>

namespace ganglion::train {

/// One seed for all of torch, deterministic algorithms only, and a fixed number of threads, because
/// sums split over threads round differently.
void be_deterministic(uint64_t seed);

/// Where all fits that follow compute, in this process: "cpu", as without a choice, or "cuda", the
/// first NVIDIA card. Throws std::runtime_error where the name is not known, or libtorch sees no
/// card.
void choose_device(const std::string& name);

/// choose_device() tried in a process that ends with it, because one that has looked for cards
/// cannot hand them to the processes that it forks. Throws the same.
void check_device(const std::string& name);

}  // namespace ganglion::train
