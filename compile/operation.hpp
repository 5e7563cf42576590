#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "device/kernels/add.hpp"
#include "device/kernels/conv_2d.hpp"
#include "device/kernels/copy.hpp"
#include "device/kernels/depthwise_conv_2d.hpp"
#include "device/kernels/fill.hpp"
#include "device/kernels/fully_connected.hpp"
#include "device/kernels/load_constants.hpp"
#include "device/kernels/lookup.hpp"
#include "device/kernels/packed_conv_2d.hpp"
#include "device/kernels/packed_depthwise_conv_2d.hpp"
#include "device/kernels/packed_fully_connected.hpp"
#include "device/kernels/pad.hpp"
#include "device/kernels/pool_2d.hpp"
#include "device/kernels/softmax.hpp"

namespace ganglion::compile {

/// One operation of a program, as the kernels take it.
using Operation = std::variant<Conv2dOp, DepthwiseConv2dOp, FullyConnectedOp, Pool2dOp, AddOp,
                               SoftmaxOp, LookupOp, PadOp, PackedConv2dOp, PackedDepthwiseConv2dOp,
                               PackedFullyConnectedOp, CopyOp, FillOp, LoadConstantsOp>;

/// Where an operation names a place in the arena.
struct ArenaUse {
    uint32_t* offset;  ///< the field; while lowering it holds a buffer's number instead
    bool writes;
};

/// All places, the output last.
std::vector<ArenaUse> arena_uses(Operation& operation);

/// Memory that an operation needs while it runs.
struct Scratch {
    uint32_t* offset;  ///< the field that names it
    uint32_t bytes;    ///< 0: none
};
Scratch scratch_of(Operation& operation);

/// How many bytes before its input the output may begin and overwrite it; empty where it may not.
std::optional<uint32_t> in_place_lead(const Operation& operation);

OpHeader header_of(const Operation& operation);

/// Name of the kernel function: "conv_2d".
std::string kernel_name(OpKind kind);

/// Multiply-accumulates, padding included; 0 for operations that do none.
uint64_t macs_of(const Operation& operation);

/// The record's bytes.
std::vector<uint8_t> bytes_of(const Operation& operation);

}  // namespace ganglion::compile
