#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compile/options.hpp"
#include "project/project.hpp"

namespace ganglion::compile {

/// How a project's model and that of a gate are compiled for its bundle.
inline CompileOptions compile_options(const project::Project& project) {
    return {.ram_bytes = {}, .new_frames = project.streaming ? project.features.stride : 0};
}
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
