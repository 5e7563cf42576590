#pragma once

#include <span>
#include <vector>

#include "model/graph.hpp"

namespace ganglion::train {

/// A graph of float32 tensors, run on this machine as it stands: what a quantized model is judged
/// against. One input and one output. Layers without a state; which: float_operators.hpp.
class FloatGraph {
  public:
    /// Throws std::runtime_error: an operator or a tensor that is not computed here, by name.
    explicit FloatGraph(model::Graph graph);

    /// `input`: as many values as the graph's input. The output stays valid until the next run.
    std::span<const float> run(std::span<const float> input);

    /// What tensor `index` held in the last run; constants too where they are float32.
    std::span<const float> value(size_t index) const { return values_[index]; }

    const model::Graph& graph() const { return graph_; }
    size_t input_values() const;
    size_t output_values() const;

  private:
    model::Graph graph_;
    std::vector<std::vector<float>> values_;  ///< one a tensor
};

}  // namespace ganglion::train
