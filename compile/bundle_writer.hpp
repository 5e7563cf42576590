#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compile/options.hpp"
#include "model/graph.hpp"
#include "project/project.hpp"

namespace ganglion::compile {

/// How a project's model is compiled for its bundle. One that takes whole windows which overlap
/// begins anew with each; a state that is to be kept takes the new frames alone.
inline CompileOptions compile_options(const project::Project& project, const model::Graph& graph) {
    const auto& f = project.features;
    const bool whole = graph.inputs.size() == 1 && f.frames != f.stride &&
                       graph.tensors[static_cast<size_t>(graph.inputs[0])].elements() ==
                           static_cast<int64_t>(f.frames) * project.frame_values();
    return {.ram_bytes = {},
            .new_frames = project.streaming ? f.stride : 0,
            .restarts = whole && !project.streaming};
}
/// And that of a gate.
inline CompileOptions compile_options(const project::Project::Gate& gate) {
    return {.ram_bytes = {}, .new_frames = gate.streaming ? gate.stride : 0};
}

struct BundleInput {
    const project::Project& project;
    std::span<const uint8_t> program;  ///< CompiledModel::program; empty: a learner judges alone
    std::span<const int16_t>
        proof_samples;  ///< raw samples (interleaved) to replay on each device before it trusts the
                        ///< bundle; must lead to at least one inference. A long one is stored by
                        ///< its beginning, which the proof then repeats to the same length
    uint32_t proof_learn_frames =
        0;  ///< spectrum_bands that learn: frames learned within the proof, e.g. 4
    std::vector<std::span<const uint8_t>> gate_programs =
        {};  ///< of project.gates; empty: a learner
};

/// The signed bundle (docs/bundle.md). Runs the very pipeline of the device over the proof samples
/// and stores what came out. `signing_key_pem`: an EC P-256 private key
/// (compile/bundle_signature.hpp makes one). Throws std::runtime_error: model and project do not
/// fit each other, proof too short, budget exceeded, bad key.
std::vector<uint8_t> write_bundle(const BundleInput& input, const std::string& signing_key_pem);

}  // namespace ganglion::compile
