#include "train/search/candidate_cost.hpp"

#include <cmath>

#include "train/fit/fit_labelled.hpp"
#include "train/fit/fit_spotter.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/quantize/weight_steps.hpp"
#include "train/search/pipeline_cost.hpp"
#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

/// Weights as they are drawn before a fit (He et al. 2015), so that no channel is constant.
FoldedNetwork with_random_weights(std::vector<FoldedLayer> layers) {
    FoldedNetwork network;
    Random random(1);
    for (auto& layer : layers) {
        layer.weights.resize(weight_count(layer));
        layer.bias.assign(bias_count(layer), 0.1F);
        const double inputs =
            static_cast<double>(layer.weights.size()) / static_cast<double>(layer.out);
        for (float& weight : layer.weights)
            weight = static_cast<float>(random.normal() * std::sqrt(2 / inputs));
        layer.least = layer.relu ? 0.0F : -4.0F;
        layer.greatest = 4;
        layer.least_before = -4;
        layer.greatest_before = 4;
    }
    network.layers = std::move(layers);
    return network;
}

}  // namespace

SearchCost cost_before_fitting(const project::Project& project) {
    const bool labelled = is_labelled(project);
    FoldedNetwork network = with_random_weights(
        labelled ? classifier_layers(classifier_settings(project), project.features.frames,
                                     project.frame_values())
                 : spotter_layers(project));
    network.name = project.application.name;
    network.frames = static_cast<int32_t>(project.features.frames);
    network.values = static_cast<int32_t>(project.frame_values());
    network.input_scale = 1.0F / 32;
    network.softmax = true;
    const auto graph = to_graph(network);
    return cost_of(project, DeviceRun(project, graph));
}

}  // namespace ganglion::train
