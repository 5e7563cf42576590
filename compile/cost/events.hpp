#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "compile/operation.hpp"

namespace ganglion::compile::cost {

/// Which kernels a processor runs; those of one kind have the same loops.
enum class Kernels {
    dual,    ///< dual 16-bit multiplier: Cortex-M4, M7, M33
    vector,  ///< vector extension: Cortex-M55
    scalar,  ///< neither: Cortex-M0, M3, RISC-V
};

/// How often a kernel does each thing that costs instructions: turns of its loops, calls, borders.
/// Which, and in which order, depends on the operation and the kernels alone, so that one
/// coefficient an event, fitted for a processor, gives the instructions of any shape
/// (docs/decisions/0013-instruction-estimate.md).
class Events {
  public:
    Events& operator<<(double times) {
        times_.push_back(times);
        return *this;
    }
    Events& operator<<(const Events& others) {
        times_.insert(times_.end(), others.times_.begin(), others.times_.end());
        return *this;
    }
    /// Each of the others `factor` times.
    Events& add(const Events& others, double factor) {
        for (double times : others.times_) times_.push_back(factor * times);
        return *this;
    }
    const std::vector<double>& times() const { return times_; }

  private:
    std::vector<double> times_;
};

/// `constants`: the program's, in which some kernels look at the weights.
Events events_of(const Operation& operation, std::span<const uint8_t> constants, Kernels kernels);

// By file: the kernels that each file knows.
Events packed_conv_events(const PackedConv2dOp& op, Kernels kernels);
Events paired_conv_events(const PairedConv2dOp& op, std::span<const uint8_t> constants);
Events conv_events(const Conv2dOp& op);
Events int4_conv_events(const Int4Conv2dOp& op);
Events grouped_conv_events(const Window2d& window, uint32_t groups);
Events packed_depthwise_events(const PackedDepthwiseConv2dOp& op,
                               std::span<const uint8_t> constants, Kernels kernels);
Events depthwise_events(const DepthwiseConv2dOp& op, Kernels kernels);
Events int16_depthwise_events(const Int16DepthwiseConv2dOp& op);
Events packed_dense_events(const PackedFullyConnectedOp& op);
Events paired_dense_events(const PairedFullyConnectedOp& op);
Events dense_events(const FullyConnectedOp& op);
Events pool_events(const Window2d& window);
Events transpose_conv_events(const Window2d& window);

/// Clamping of outputs to a range that is narrower than int8.
Events clamp_events(double calls, double bytes, const OutputRange& range);

/// Division that rounds up.
constexpr uint32_t parts(uint32_t count, uint32_t of) {
    return (count + of - 1) / of;
}

}  // namespace ganglion::compile::cost
