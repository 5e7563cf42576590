#include "train/evaluate/device_bundle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "compile/bundle_features.hpp"
#include "compile/bundle_writer.hpp"
#include "compile/compile.hpp"
#include "model/tflite.hpp"
#include "train/evaluate/proof_samples.hpp"

namespace ganglion::train {

namespace {

constexpr uint32_t kProofLearnFrames = 4;
constexpr uint32_t kProofInferences = 3;

compile::CompiledModel compiled(const model::Graph& graph, const compile::CompileOptions& options) {
    return compile::compile(graph, compile::target_by_name("cortex-m4"), options);
}

}  // namespace

DeviceBundle build_device_bundle(const project::Project& project,
                                 const std::string& signing_key_pem, const model::Graph* graph) {
    DeviceBundle built;
    std::vector<std::vector<uint8_t>> programs;
    for (const auto& gate : project.gates) {
        programs.emplace_back();
        if (gate.model_file.empty()) continue;
        programs.back() =
            compiled(model::read_tflite_file(gate.model_file), compile::compile_options(gate))
                .program;
    }
    programs.emplace_back();
    if (project.has_model()) {
        const model::Graph own_graph =
            graph != nullptr ? *graph : model::read_tflite_file(project.model_file);
        auto own = compiled(own_graph, compile::compile_options(project, own_graph));
        programs.back() = std::move(own.program);
        built.report = std::move(own.report);
    }
    const auto samples = proof_samples(project, kProofInferences, kProofLearnFrames);
    compile::BundleInput input{
        .project = project,
        .program = programs.back(),
        .proof_samples = samples,
        .proof_learn_frames = project.running_normal_frames > 0 ? kProofLearnFrames : 0};
    for (size_t i = 0; i + 1 < programs.size(); ++i) input.gate_programs.emplace_back(programs[i]);
    built.bytes = compile::write_bundle(input, signing_key_pem);
    return built;
}

}  // namespace ganglion::train
