#pragma once

#include <cstdint>
#include <string>

#include "model/graph.hpp"
#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// Appends a recurrent layer over `time` moments of tensor `input` ([1, time, 1, values] or of that
/// many elements) and returns the tensor of its last hidden state, [1, out]. An lstm becomes
/// UNIDIRECTIONAL_SEQUENCE_LSTM, whose states a device must set back before each window
/// (CompileOptions::restarts). A gru, for which the format has no operator, becomes fourteen simple
/// ones for each moment and keeps no state.
int32_t append_recurrent(model::Graph& graph, const FoldedLayer& layer, const std::string& name,
                         int32_t input, int32_t time);

}  // namespace ganglion::train
