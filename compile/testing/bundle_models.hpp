#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "compile/bundle_writer.hpp"
#include "compile/compile.hpp"
#include "model/graph.hpp"
#include "project/testing/documented_projects.hpp"
#include "project/testing/random_samples.hpp"

namespace ganglion::tests {

/// int8 fully connected layers with fixed pseudo-random weights; `sizes` from input to output. All
/// activations share one quantization, so that the values neither vanish nor saturate; softmax at
/// the end where asked.
inline model::Graph dense_network(const std::vector<int32_t>& sizes, bool softmax) {
    model::Graph graph;
    const auto add = [&](const std::string& name, model::TensorType type,
                         std::vector<int32_t> shape, float scale, int64_t zero_point,
                         std::vector<uint8_t> data) {
        graph.tensors.push_back({.name = name,
                                 .type = type,
                                 .shape = std::move(shape),
                                 .quantization = {.scales = {scale}, .zero_points = {zero_point}},
                                 .data = std::move(data)});
        return static_cast<int32_t>(graph.tensors.size() - 1);
    };
    constexpr float step = 1.0F / 16;
    int32_t last = add("input", model::TensorType::int8, {1, sizes[0]}, step, 0, {});
    graph.inputs = {last};
    for (size_t layer = 0; layer + 1 < sizes.size(); ++layer) {
        const int32_t in = sizes[layer];
        const int32_t out = sizes[layer + 1];
        const auto random = random_samples(static_cast<size_t>(in) * static_cast<size_t>(out), 127,
                                           static_cast<uint32_t>(layer + 1));
        std::vector<uint8_t> weights(random.begin(), random.end());
        const std::string name = "layer" + std::to_string(layer);
        // Weights spread evenly over +-1.7 / sqrt(in): the layer keeps the variance.
        const float weight_step = 1.7F / 127 / std::sqrt(static_cast<float>(in));
        const int32_t w = add(name + "_weights", model::TensorType::int8, {out, in}, weight_step, 0,
                              std::move(weights));
        const int32_t b = add(name + "_bias", model::TensorType::int32, {out}, weight_step * step,
                              0, std::vector<uint8_t>(static_cast<size_t>(out) * 4));
        const int32_t y = add(name, model::TensorType::int8, {1, out}, step, 0, {});
        graph.operators.push_back({.code = model::OperatorCode::fully_connected,
                                   .inputs = {last, w, b},
                                   .outputs = {y},
                                   .options = model::FullyConnectedOptions{}});
        last = y;
    }
    if (softmax) {
        const int32_t y =
            add("probabilities", model::TensorType::int8, {1, sizes.back()}, 1.0F / 256, -128, {});
        graph.operators.push_back({.code = model::OperatorCode::softmax,
                                   .inputs = {last},
                                   .outputs = {y},
                                   .options = model::SoftmaxOptions{}});
        last = y;
    }
    graph.outputs = {last};
    return graph;
}

inline std::vector<uint8_t> compiled(const model::Graph& graph) {
    return compile::compile(graph, compile::target_by_name("portable")).program;
}

/// A whole application for tests: the documented project with a small network of random weights.
struct Application {
    project::Project project;
    std::vector<uint8_t> program;
    std::vector<int16_t> proof_samples;
    uint32_t proof_learn_frames = 0;

    compile::BundleInput input() const {
        return {.project = project,
                .program = program,
                .proof_samples = proof_samples,
                .proof_learn_frames = proof_learn_frames};
    }
};

inline Application wake_word_application() {
    Application application{.project = documented_wake_word(), .program = {}, .proof_samples = {}};
    application.program = compiled(dense_network({49 * 40, 8, 2}, true));
    application.proof_samples = random_samples(24000, 6000, 77);
    return application;
}

inline Application machine_application() {
    Application application{.project = documented_machine(), .program = {}, .proof_samples = {}};
    application.project.running_normal_frames = 20;
    application.program = compiled(dense_network({27, 8, 27}, false));
    application.proof_samples = random_samples(6000, 3000, 78);
    application.proof_learn_frames = 4;
    return application;
}

}  // namespace ganglion::tests
