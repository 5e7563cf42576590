#pragma once

#include <vector>

#include "compile/place.hpp"

namespace ganglion::compile {

/// Writes a layer's per-channel table: the biases as given, and what a sum of products is scaled
/// by, input scale * weight scale / output scale, each channel by its own where the weights have
/// several.
ChannelTable add_channel_table(const Place& place, std::vector<int32_t> bias,
                               const model::Tensor& input, const model::Tensor& weights);

}  // namespace ganglion::compile
