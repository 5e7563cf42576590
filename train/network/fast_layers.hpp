#pragma once

#include <torch/torch.h>

namespace ganglion::train {

/// Layers over time that libtorch computes slowly on a processor, written out; values and gradients
/// are libtorch's up to rounding. Tensors are float [batch, channels, time] of any strides; what is
/// returned lies in memory as [channels, batch, time], one long row a channel, which the next layer
/// takes without a copy. Equal inputs give equal bits. Elsewhere than on a processor libtorch
/// computes them.

/// No padding. weight [outputs, channels, kernel]; bias [outputs] or undefined.
torch::Tensor convolution_over_time(const torch::Tensor& x, const torch::Tensor& weight,
                                    const torch::Tensor& bias, int64_t stride);

/// Each channel with its own kernel, no padding, stride 1. weight [channels, 1, kernel]; bias
/// [channels] or undefined.
torch::Tensor depthwise_over_time(const torch::Tensor& x, const torch::Tensor& weight,
                                  const torch::Tensor& bias);

/// Batch norm (Ioffe and Szegedy 2015) over batch and time by the batch's own statistics, and, with
/// `relu`, max(0, ·) behind it, in one pass. Moves the running mean and (unbiased) variance by
/// `momentum`.
torch::Tensor batch_norm_relu(const torch::Tensor& x, const torch::nn::BatchNorm1d& norm,
                              bool relu);

}  // namespace ganglion::train
