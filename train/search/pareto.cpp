#include "train/search/pareto.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace ganglion::train {
namespace {

bool dominates(const Tradeoff& a, const Tradeoff& b) {
    return a.loss <= b.loss && a.cost <= b.cost && (a.loss < b.loss || a.cost < b.cost);
}

}  // namespace

std::vector<size_t> pareto_layers(const std::vector<Tradeoff>& points) {
    constexpr size_t none = static_cast<size_t>(-1);
    std::vector<size_t> layers(points.size(), none);
    size_t placed = 0;
    for (size_t layer = 0; placed < points.size(); ++layer) {
        std::vector<size_t> front;
        for (size_t i = 0; i < points.size(); ++i) {
            if (layers[i] != none) continue;
            const auto beaten = [&](size_t j) {
                return layers[j] == none && dominates(points[j], points[i]);
            };
            bool is_front = true;
            for (size_t j = 0; j < points.size() && is_front; ++j) is_front = !beaten(j);
            if (is_front) front.push_back(i);
        }
        for (const size_t i : front) layers[i] = layer;
        placed += front.size();
    }
    return layers;
}

std::vector<size_t> survivors(const std::vector<Tradeoff>& points, size_t count) {
    const auto layers = pareto_layers(points);
    std::vector<size_t> order(points.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return std::tuple(layers[a], points[a].loss, a) < std::tuple(layers[b], points[b].loss, b);
    });
    order.resize(std::min(count, order.size()));
    std::sort(order.begin(), order.end());
    return order;
}

}  // namespace ganglion::train
