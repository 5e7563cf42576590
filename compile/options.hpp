#pragma once

#include <cstdint>
#include <optional>

namespace ganglion::compile {

/// What a compilation is asked for beyond its target.
struct CompileOptions {
    /// RAM that the arena may take. Layers are computed by rows until it fits, whatever that costs;
    /// 0 asks for as little as possible. Empty: by rows where it saves RAM for few instructions.
    std::optional<uint32_t> ram_bytes;
    /// New frames (rows of the input) at each run of a program over a moving window, which keeps
    /// what it can reuse as state (streaming.hpp); 0: the whole window at each run.
    uint32_t new_frames = 0;
    /// Instead of the output's values the index of the largest (passes/only_class.hpp).
    bool only_class = false;
    /// Lossless passes, to be left out only to see what each of them saves.
    bool folds_constants = true;    ///< operators whose inputs are known
    bool fuses_functions = true;    ///< RELU, QUANTIZE and the like into what they read
    bool removes_channels = true;   ///< that are constant or never read
    bool spares_copies = true;      ///< of a streaming model's variables
    bool overwrites_inputs = true;  ///< that nobody needs afterwards
    bool lays_out_weights = true;   ///< for the target's multiplier
    /// States begin anew at each run, as a layer has them that remembers nothing between windows;
    /// else they are kept from run to run.
    bool restarts = false;
};

}  // namespace ganglion::compile
