#include "train/classic/planes.hpp"

#include <algorithm>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr double kRegularisation = 1e-4;

}  // namespace

Plane separate(const ClassifierSettings& settings, const std::vector<float>& features, size_t width,
               const std::vector<uint16_t>& labels, uint16_t wanted,
               const std::vector<double>& class_weight) {
    const size_t steps = labels.size() * std::max<uint32_t>(settings.epochs, 1);
    Plane now{std::vector<double>(width, 0), 0};
    Plane sum = now;
    Random random = Random(settings.seed).fork(wanted);
    for (size_t step = 0; step < steps; ++step) {
        const size_t i = random.below(labels.size());
        const float* x = features.data() + i * width;
        const double side = labels[i] == wanted ? 1 : -1;
        double margin = now.bias;
        for (size_t v = 0; v < width; ++v) margin += now.weights[v] * static_cast<double>(x[v]);
        const double rate = 1 / (kRegularisation * static_cast<double>(step + 1) + 100);
        for (double& weight : now.weights) weight *= 1 - rate * kRegularisation;
        if (side * margin < 1) {
            const double pull = rate * side * class_weight[labels[i]];
            for (size_t v = 0; v < width; ++v) now.weights[v] += pull * static_cast<double>(x[v]);
            now.bias += pull;
        }
        if (step < steps / 2) continue;
        for (size_t v = 0; v < width; ++v) sum.weights[v] += now.weights[v];
        sum.bias += now.bias;
    }
    const auto averaged = steps - steps / 2;
    const auto counted = static_cast<double>(averaged);
    for (double& weight : sum.weights) weight /= counted;
    sum.bias /= counted;
    return sum;
}

}  // namespace ganglion::train
