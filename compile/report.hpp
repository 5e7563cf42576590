#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ganglion::compile {

/// One operation of the compiled model.
struct LayerReport {
    std::string operation;  ///< the kernel: "packed_conv_2d"
    std::string source;     ///< the model's operator: "CONV_2D"
    std::string tensor;     ///< what it computes, by the model's name
    std::vector<uint32_t> output_shape;
    uint64_t macs;            ///< multiply-accumulates, padding counted as work like everyone does
    uint32_t constant_bytes;  ///< weights and per-channel tables
    uint32_t output_offset;   ///< in the arena
    uint32_t output_bytes;
    uint32_t turns = 1;  ///< how often one inference runs it: more in a loop over rows
    uint64_t estimated_instructions = 0;  ///< of all turns; what a loop runs counts at the loop
};

/// A piece of the arena and when it is needed.
struct PlacedBuffer {
    uint32_t number;   ///< among the compiler's buffers
    std::string name;  ///< the tensor's; empty for scratch
    std::string kind;  ///< "state", "scratch" or "tensor"
    uint32_t offset, bytes;
    uint32_t first, last;  ///< numbers of layers, both included
};

/// What a model costs before it is flashed.
struct Report {
    std::string target;
    std::vector<LayerReport> layers;
    std::vector<PlacedBuffer> buffers;
    uint64_t macs = 0;
    /// Of one inference, known without running it (cost/cost.hpp); 0: not known for this processor.
    uint64_t estimated_instructions = 0;         ///< of the form that is linked in
    uint64_t estimated_loaded_instructions = 0;  ///< of the loadable one
    uint32_t constant_bytes = 0;
    uint32_t program_bytes = 0;      ///< everything: header, operations, constants
    uint32_t window_frames = 0;      ///< of a streamed window; 0: not streamed
    uint32_t new_frames = 0;         ///< of them at each run
    uint32_t state_bytes = 0;        ///< RAM of it that is kept from run to run
    uint32_t arena_bytes = 0;        ///< RAM for state, tensors and scratch
    uint32_t arena_lower_bound = 0;  ///< no plan can be smaller: largest sum of bytes alive at once
    /// Proven: no plan is smaller that overwrites the same.
    bool arena_is_optimal = true;
};

nlohmann::json to_json(const Report& report);

/// A table for people, one line a layer, then totals; ends with a newline.
std::string to_text(const Report& report);

}  // namespace ganglion::compile
