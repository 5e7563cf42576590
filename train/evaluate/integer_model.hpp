#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/graph.hpp"
#include "train/fit/windows.hpp"
#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// A quantized model compiled and run by the device's integer engine, each window by itself. One
/// input and one output of int8. Not for several threads at once.
class IntegerModel {
  public:
    /// Throws std::runtime_error when the model cannot be compiled or loaded.
    explicit IntegerModel(const model::Graph& graph);
    ~IntegerModel();

    /// The outputs as real numbers. `window`: as many values as the model's input.
    std::vector<float> run(std::span<const int8_t> window);
    size_t input_values() const;

  private:
    struct Loaded;
    std::unique_ptr<Loaded> loaded_;
};

/// What a classifier makes of windows in floating point and in the integer engine.
struct Classified {
    Confusion exact;
    Confusion integer;
    double largest_difference = 0;  ///< between two outputs, behind softmax
    std::vector<uint16_t> given;    ///< by the integer engine, one a window
    std::vector<float> outputs;     ///< of the integer engine: classes a window

    /// Points of accuracy (percent) that quantization takes; negative where it gives some.
    double points_lost() const { return 100 * (exact.accuracy() - integer.accuracy()); }
};

Classified classify(const FoldedNetwork& network, const model::Graph& graph,
                    const LabelledWindows& windows, size_t classes);

}  // namespace ganglion::train
