#pragma once

#include <cstdint>
#include <vector>

#include "model/graph.hpp"

// The meaning of int8 operators, written down as plainly as possible from the TFLite quantization
// specification: one loop per index, zero points subtracted at every step, nothing folded, no code
// shared with compiler or kernels. Tests compare everything else with it.

namespace ganglion::compile::reference {

/// Bytes of a graph's first input.
int64_t input_bytes(const model::Graph& graph);

/// Runs a graph once from its initial state; values are bytes, those of int16 little-endian.
class Interpreter {
  public:
    Interpreter(const model::Graph& graph, const std::vector<int8_t>& input);

    const std::vector<int8_t>& output() const { return output_; }

  private:
    std::vector<int8_t> output_;
};

}  // namespace ganglion::compile::reference
