#include "train/classic/prototypes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "train/classic/class_sums.hpp"
#include "train/classic/k_means.hpp"
#include "train/quantize/to_graph.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kMostPrototypes = 64;

}  // namespace

FoldedNetwork fit_prototypes(const ClassifierSettings& settings, const LabelledWindows& train) {
    const uint32_t wanted = settings.channels.empty() ? 4 : settings.channels[0];
    if (wanted == 0 || wanted > kMostPrototypes) {
        throw std::runtime_error(
            fmt::format("{}: network.channels: write the number of prototypes a class, 1 to {}",
                        settings.name, kMostPrototypes));
    }
    std::vector<Point> points;
    std::vector<size_t> class_of;
    double spread = 0;
    for (uint16_t c = 0; c < settings.classes; ++c) {
        const auto members = members_of(train, c);
        if (members.empty()) continue;
        double own = 0;
        for (auto& point : k_means(train, members, wanted, Random(settings.seed).fork(c), own)) {
            points.push_back(std::move(point));
            class_of.push_back(c);
        }
        spread += own;
    }
    // In int8 steps squared; never narrower than one step in every value.
    const double variance = std::max(spread / static_cast<double>(train.size()),
                                     static_cast<double>(train.window_values()));
    FoldedLayer distances;
    distances.in = static_cast<int32_t>(train.window_values());
    distances.softmax = true;
    const double steps = 1 / static_cast<double>(kClassifierInputScale);
    for (const auto& point : points) {
        double square = 0;
        for (const double value : point) {
            distances.weights.push_back(static_cast<float>(value / variance * steps));
            square += value * value;
        }
        distances.bias.push_back(static_cast<float>(-square / (2 * variance)));
    }
    return sum_by_class(settings, train, std::move(distances), class_of);
}

}  // namespace ganglion::train
