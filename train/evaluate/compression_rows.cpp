#include "train/evaluate/compression_rows.hpp"

#include "compile/bundle_signature.hpp"
#include "train/evaluate/device_bundle.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/integer_model.hpp"
#include "train/quantize/compress.hpp"
#include "train/quantize/to_graph.hpp"
#include "update/delta_maker.hpp"

namespace ganglion::train {

std::vector<CompressionRow> compression_rows(const project::Project& given,
                                             const std::vector<CompressionStage>& stages,
                                             const LabelledWindows& validation) {
    project::Project project = given;
    project.budget = {};
    const std::string key = compile::generate_signing_key();
    std::vector<CompressionRow> rows;
    for (const auto& stage : stages) {
        const auto graph = to_graph(stage.network);
        const auto updated = to_graph(stage.updated);
        const DeviceRun device(project, graph);
        const auto before = build_device_bundle(project, key, &graph).bytes;
        const auto after = build_device_bundle(project, key, &updated).bytes;
        const auto judged =
            classify(stage.network, graph, validation, project.decision.labels.size());
        rows.push_back({stage.name, judged.integer.balanced_accuracy(), device.bundle_bytes(),
                        device.ram_bytes(), device.report().estimated_loaded_instructions,
                        static_cast<uint32_t>(update::make_delta(before, after).size()),
                        most_different_steps(stage.network)});
    }
    return rows;
}

}  // namespace ganglion::train
